/* resync: everything the source has, one message at a time.
 *
 *   in     the source
 *   out    KIND_STATE and OBJECT_PUT, in the order that suits the reader
 *   owns   the place where it stands
 *   never  knows where its messages go
 */
#include "watcher/dir/resync.h"

void watcher_resync_begin(struct resync *self, struct source_dir *source)
{
	*self = (struct resync){ .source = source,
				 .kind = watcher_source_dir_kinds,
				 .complete = watcher_source_dir_is_complete(source) };
}

void watcher_resync_abort(struct resync *self)
{
	self->kind = NULL;
}

static void send_kind_state(struct resync *self, enum msg_kind_condition condition,
			    const struct resync_out *out)
{
	struct msg_kind_state state = { .kind = *self->kind,
					.condition = condition,
					.reason = STR("") };
	const char *missing = watcher_source_dir_missing(self->source);
	struct err err;

	if (condition == MSG_KIND_SYNCED && state.kind == MSG_KIND_CERTIFICATE) {
		state.condition = MSG_KIND_NOT_INSTALLED; /* manifests have no cert-manager */
	} else if (condition == MSG_KIND_SYNCED && missing) {
		err_set(&err, "the watcher could not read %s", err_quote(str_from(missing)));
		state.condition = MSG_KIND_UNAVAILABLE;
		state.reason = str_from(err.text);
	}
	out->state(out->self, &state);
}

bool watcher_resync_step(struct resync *self, const struct resync_out *out)
{
	struct str object;

	if (!self->listing) {
		self->listing = true;
		send_kind_state(self, MSG_KIND_LISTING, out);
		return true;
	}
	object = watcher_source_dir_next(self->source, *self->kind, &self->at);
	if (object.ptr) {
		out->put(out->self, object);
	} else {
		send_kind_state(self, MSG_KIND_SYNCED, out);
		self->listing = false;
		self->at = 0;
		self->kind = self->kind[1] == MSG_KIND_NONE ? NULL : self->kind + 1;
	}
	return self->kind != NULL;
}
