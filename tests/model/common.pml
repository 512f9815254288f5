/* common: what the models share.
 *
 * A rule of the protocol is code under `#ifndef NO_RULE`. models.py takes one out at a time and wants
 * spin to find a run that breaks a promise. SEEN(name) marks a state that must be reached while all
 * rules are there, so that no promise is kept only because nothing happens. SAY tells the story of
 * a trail.
 *
 * Budgets (CUTS, KILLS, ...) bound what the world does to the protocol. A run ends when they are
 * used, or given up, and nothing is on its way; then everything has to be at rest in the right
 * state. So "in the end" means: after the last fault. */
#define PROMISE(name, condition) assert(condition)
#define SAY printf
#ifdef COUNT
#define SEEN(name) c_code { static int once; if (!once++) printf("SEEN %s\n", #name); }
#else
#define SEEN(name) skip
#endif
