/* watchdog: ends the process when one bundle takes too much of its CPU. */
#ifndef TRANSLATOR_WATCHDOG_H
#define TRANSLATOR_WATCHDOG_H

#define WATCHDOG_CPU_S 2 /* ten times what the largest Ingress that is allowed takes */

void translator_watchdog_open(void); /* once, before the others */
/* A bundle begins, and ends. */
void translator_watchdog_begin(void);
void translator_watchdog_end(void);

#endif
