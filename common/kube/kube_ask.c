/* kube_ask: one request to an API server, waited for.
 *
 *   in     a request
 *   out    its answer
 *   owns   the loop that turns until the answer is there
 *   never  has two requests under way
 */
#include "kube/kube_ask.h"

#include <poll.h>

struct waiting {
	struct kube_answer *answer;
	struct buf *body;
	bool done;
};

static void on_done(void *arg, const struct kube_result *result)
{
	struct waiting *waiting = arg;

	waiting->done = true;
	waiting->answer->status = result->status;
	err_set(&waiting->answer->err, "%s", result->sentence);
	if (waiting->body)
		buf_str(waiting->body, result->body);
}

int kube_ask(struct kube *kube, const struct kube_call *call, struct buf *body,
	     struct kube_answer *answer)
{
	struct waiting waiting = { .body = body };
	struct kube_call mine = *call;

	*answer = (struct kube_answer){ 0 };
	waiting.answer = answer;
	mine.timeout_ms = KUBE_TIMEOUT_MS;
	mine.on_done = on_done;
	mine.self = &waiting;
	kube_start(kube, &mine);
	while (!waiting.done) {
		const uint64_t now = clock_ms(), due = kube_tick(kube, now);
		struct pollfd fd = { .fd = kube_fd(kube), .events = POLLIN };
		const uint64_t wait = due > now ? due - now : 0;

		if (!waiting.done &&
		    poll(&fd, 1, wait > KUBE_TIMEOUT_MS ? KUBE_TIMEOUT_MS : (int)wait) > 0)
			kube_on_fd(kube);
	}
	return answer->status / 100 == 2 ? 0 : -1;
}
