/* figures: what every process does at this moment, for the picture of the pipeline. */
#ifndef CLI_WEB_FIGURES_H
#define CLI_WEB_FIGURES_H

#include "base/cjson.h"
#include "base/map.h"
#include "cli/gather/gather.h"

struct figures {
	struct map processes; /* "room pid" -> struct figures_process */
	uint64_t round;
};

void cli_web_figures_init(struct figures *figures);
/* The answers of all to /metrics, and then those to /state. */
void cli_web_figures_metrics(struct figures *figures, const struct gather_answer *answers,
			     size_t n);
void cli_web_figures_state(struct figures *figures, const struct gather_answer *answers, size_t n);
/* Another number: what the resolver or the publisher hold may be different. */
uint64_t cli_web_figures_mark(const struct figures *figures);
void cli_web_figures_put(const struct figures *figures, cJSON *out);

#endif
