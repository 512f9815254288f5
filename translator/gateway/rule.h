/* rule: one rule of an HTTPRoute on its way to the routes that it makes. */
#ifndef TRANSLATOR_RULE_H
#define TRANSLATOR_RULE_H

#include "translator/gateway/condition.h"
#include "translator/gateway/gateway_job.h"

/* What all routes of a rule start from. */
struct http_rule {
	const struct msg_http_route_rule *spec;
	size_t index;
	Pomerium__Config__Route *route;
	/* Replaces a prefix, so the routes of each match differ; NULL: nothing does. */
	const struct msg_http_path_modifier *redirect_path, *rewrite_path;
	bool is_broken;      /* it answers that, and nothing else */
	const char *reason;  /* UnsupportedValue, IncompatibleFilters: it cannot be expressed; or
				NULL */
	struct err sentence; /* why it is broken */
	unsigned code;       /* enum rule_code of that; 0: an extensionRef */
};

/* rule_filters.c: applies the filters in their order, and the timeouts. */
void translator_rule_filters_apply(struct gateway_job *job, struct http_rule *rule);
/* rule_headers.c: -1: the rule is refused. */
int translator_rule_headers_request(struct gateway_job *job, struct http_rule *rule,
				    const struct msg_http_header_filter *filter, struct err *err);
int translator_rule_headers_response(struct gateway_job *job, struct http_rule *rule,
				     const struct msg_http_header_filter *filter, struct err *err);
/* The text with every `c` in it twice, in the pool. */
struct str translator_rule_headers_double(struct str text, char c, struct pool *pool);
/* Says why a rule cannot be expressed; always -1. */
int translator_rule_refuse(struct http_rule *rule, const char *reason);
/* rule_backends.c: adds upstreams, or the answer of a rule without any. Those that are not valid go
 * to the refusals. */
void translator_rule_backends_apply(struct gateway_job *job, struct http_rule *rule,
				    struct refusals *refusals);
/* rule_matches.c: whether the match can be expressed; the sentence says why not. */
int translator_rule_matches_check(const struct http_rule *rule, const struct msg_http_match *match,
				  struct err *err);
/* The routes of one match, without a host; NULL: of a rule without matches. -1: the path that a
 * filter makes of this one cannot be expressed. */
struct rule_routes {
	Pomerium__Config__Route **items;
	size_t n;
};
int translator_rule_matches_expand(struct gateway_job *job, const struct http_rule *rule,
				   const struct msg_http_match *match, struct rule_routes *out,
				   struct err *err);

/* cost_of_rules.c: -1: all routes under all hosts would cost too much. */
int translator_cost_of_rules_check(const struct gateway_job *job,
				   const struct rule_routes *templates,
				   const struct str_list *hosts, struct err *err);

/* The rule answers that instead of what its filters say. */
void translator_rule_break(struct gateway_job *job, struct http_rule *rule, const char *reason,
			   const struct err *why);
/* An answer without any upstream. */
void translator_rule_respond(struct gateway_job *job, Pomerium__Config__Route *route,
			     int64_t status, const char *body);

#endif
