/* addresses: where Pomerium is reached: what the status of each Ingress should say.
 *
 *   in     --status-address, or the Service of --update-status-from-service
 *   out    ADDRESSES, when it is something else than was sent last
 *   owns   the hash of what was sent last, and what the log says of it
 *   never  takes a Service that cannot be read for one without an address
 */
#include "resolver/outgoing/addresses.h"

#include "base/hash.h"
#include "base/log.h"
#include "net/ip.h"
#include "resolver/graph/key.h"

/* ---- settings ---- */

/* As Kubernetes checks it: RFC 1123, lower case. Four numbers that are no address are a mistake. */
static bool is_host(struct str text)
{
	const struct msg_key as_name = { .kind = MSG_KIND_INGRESS_CLASS, .name = text };
	bool letter = false;

	for (size_t i = 0; i < text.len; i++)
		letter |= text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
	return letter && resolver_key_can_exist(&as_name) && text.ptr[text.len - 1] != '-' &&
	       text.ptr[text.len - 1] != '.';
}

int resolver_addresses_check(struct addresses *self, struct err *err)
{
	if (self->service.len && self->fixed.n)
		return err_set(err, "--update-status-from-service and --status-address are both "
				    "given; the status of an Ingress comes from one of them");
	self->key = (struct msg_key){ .kind = MSG_KIND_SERVICE };
	if (!self->service.len)
		self->key.kind = MSG_KIND_NONE;
	else if (!resolver_key_from_reference(self->service, &self->key))
		return err_set(err,
			       "--update-status-from-service is %s; it must be the namespace/name "
			       "of a Service",
			       err_quote(self->service));
	for (size_t i = 0; i < self->fixed.n; i++)
		if (!ip_is(self->fixed.items[i]) && !is_host(self->fixed.items[i]))
			return err_set(err,
				       "--status-address is %s; it must be an IP address or the "
				       "name of a host",
				       err_quote(self->fixed.items[i]));
	return 0;
}

void resolver_addresses_again(struct addresses *self)
{
	self->sent = 0;
	self->due = true;
}

/* ---- what there is to send ---- */

static struct msg_load_balancer_ingress *add(struct msg_load_balancer *out, struct pool *pool)
{
	return pool_push(pool, &out->ingress.items, &out->ingress.n, sizeof(*out->ingress.items));
}

static void from_settings(const struct addresses *self, struct pool *pool,
			  struct msg_load_balancer *out)
{
	for (size_t i = 0; i < self->fixed.n; i++) {
		struct msg_load_balancer_ingress *to = add(out, pool);

		*(ip_is(self->fixed.items[i]) ? &to->ip : &to->hostname) = self->fixed.items[i];
	}
}

/* What a Service says of where it is reached; -1: nothing. */
static int from_service(const struct msg_service *service, struct pool *pool,
			struct msg_load_balancer *out, struct err *err)
{
	const struct msg_service_spec *spec = &service->spec;

	*out = (struct msg_load_balancer){ 0 };
	if (str_is(spec->type, "LoadBalancer")) {
		*out = service->status.loadBalancer;
		return 0;
	}
	if (!str_is(spec->type, "NodePort"))
		return err_set(err,
			       "it is of type " STR_FMT
			       "; only LoadBalancer and NodePort say where they are reached",
			       STR_ARG(spec->type.len ? spec->type : STR("ClusterIP")));
	if (!ip_is(spec->clusterIP))
		return err_set(err, "it is of type NodePort and has no cluster IP");
	add(out, pool)->ip = spec->clusterIP;
	return 0;
}

static void on_failure(struct addresses *self, const char *sentence)
{
	if (retry_failure(&self->finding, str_from(sentence), 0))
		log_warn("no address for the status of Ingresses, it stays as it is",
			 "service=%s reason=%s", log_value(self->service.ptr), log_value(sentence));
}

static void find(struct addresses *self, const struct msg_service *service, struct pool *pool,
		 struct msg_addresses *out)
{
	struct err err = { "it is not there, or may not be read" };

	*out = (struct msg_addresses){ .known = self->fixed.n || self->key.kind != MSG_KIND_NONE };
	if (!out->known)
		return; /* the publisher hears just that: another resolver may have sent some */
	if (self->fixed.n) {
		from_settings(self, pool, &out->status);
	} else if (!service || from_service(service, pool, &out->status, &err) < 0) {
		out->known = false;
		on_failure(self, err.text);
	} else if (retry_success(&self->finding)) {
		log_info("there is an address for the status of Ingresses again", "service=%s",
			 log_value(self->service.ptr));
	}
}

bool resolver_addresses_next(struct addresses *self, const struct msg_service *service,
			     struct pool *pool, struct msg_addresses *out)
{
	uint64_t last = self->sent;
	struct buf packed;

	self->due = false;
	find(self, service, pool, out);
	buf_init(&packed, BUF_MAX_MESSAGE);
	codec_pack(&msg_addresses_codec, out, &packed);
	self->sent = hash_fast(buf_view(&packed)) | 1;
	buf_clear(&packed);
	return self->sent != last;
}
