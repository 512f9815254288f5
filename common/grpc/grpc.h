/* grpc: calls to one gRPC server, unary and server-streaming, over libcurl's HTTP/2 inside an event
 * loop.
 *
 * A call does not block: wait on grpc_fd() and until grpc_tick()'s deadline. Nothing is retried
 * here, since only the caller knows whether it may still make the call; grpc_status_may_retry tells
 * what is worth it. Sentences hold no secret. */
#ifndef GRPC_GRPC_H
#define GRPC_GRPC_H

#include "base/hash.h"
#include "grpc/grpc_status.h"
#include "pb/reflect.h"

#define GRPC_MESSAGE_MAX (4u << 20) /* what grpc-go takes, and what we take */

struct grpc;
struct grpc_request;

struct grpc_settings {
	struct str url;   /* http://host:port (HTTP/2 with prior knowledge) or https://host:port */
	struct str agent; /* our name, for the server's log */
	struct hash secret;       /* signs a token for each call */
	struct str ca_file, ca;   /* a file, or PEM; both empty: the system's */
	struct str override_name; /* the name in the server's certificate, if it is not the host */
	bool insecure;            /* do not verify the server's certificate */
};

struct grpc_result {
	enum grpc_status status;
	const char *sentence; /* what went wrong, for a person; "" if status is OK */
};

struct grpc_call {
	const char *method;              /* "/databroker.DataBrokerService/Put" */
	const ProtobufCMessage *request; /* packed at once */
	pb_type *answer;
	uint64_t timeout_ms; /* of the whole call; 0: none */
	/* Asked once more when the connection stands and the request is about to go out; NULL: it
	 * may. */
	bool (*may_send)(void *self);
	/* Each message of the answer, gone after return. -1 ends the call. Called from within
	 * libcurl: it must not start or cancel calls. */
	int (*on_message)(void *self, const ProtobufCMessage *message, struct err *err);
	void (*on_done)(void *self, const struct grpc_result *result); /* once, unless cancelled */
	void *self;
};

struct grpc *grpc_new(const struct grpc_settings *settings, struct err *err); /* copies */
void grpc_destroy(struct grpc **self_p); /* cancels everything */
/* Calls that start from now on are signed with this one. */
void grpc_set_secret(struct grpc *self, const struct hash *secret);
int grpc_fd(const struct grpc *self);
void grpc_on_fd(struct grpc *self);
uint64_t grpc_tick(struct grpc *self, uint64_t now_ms); /* next deadline, UINT64_MAX: none */
uint64_t grpc_deadline(const struct grpc *self);        /* the same, now, without doing anything */
/* Lets calls go on until *pending is false, but no longer than that: for a clean end. */
void grpc_drain(struct grpc *self, const bool *pending, uint64_t longest_ms);

struct grpc_request *grpc_start(struct grpc *self, const struct grpc_call *call);
/* Calls that have ended, [GRPC_N_STATUS]. */
const uint64_t *grpc_n_by_status(const struct grpc *self);
void grpc_cancel(struct grpc_request **request_p); /* no callback any more; NULL is fine */

#endif
