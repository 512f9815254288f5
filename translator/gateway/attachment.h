/* attachment: which listeners an HTTPRoute is attached to, and under which hosts. */
#ifndef TRANSLATOR_ATTACHMENT_H
#define TRANSLATOR_ATTACHMENT_H

#include "translator/gateway/gateway_job.h"

/* One parentRef that names a Gateway of ours or a ListenerSet of one. */
struct attachment_parent {
	const struct msg_parent_ref *ref;
	const struct msg_gateway *gateway;
	const struct msg_listener_set *set; /* NULL: it names the Gateway */
	const char *refused; /* the reason; NULL: at least one listener takes the route */
};
struct attachment {
	struct attachment_parent *parents; /* in the order of the spec */
	size_t n_parents;
	struct str_list hosts; /* each once; "*": all */
};

/* Fills in job->out->attachments, too. */
void translator_attachment_find(struct gateway_job *job, struct attachment *out);

#endif
