/* address_patch: the status of our Ingresses: where Pomerium is reached.
 *
 *   in     ADDRESSES; Ingresses whose configuration is stored, with what their status says
 *   out    merge patches of their status, a few at a time and at a pace
 *   owns   what they should say, which of them wait, the requests under way
 *   never  patches what says so already, or an Ingress that is rejected or not ours
 */
#include "publisher/report/report_inside.h"

#include "base/log.h"
#include "base/mem.h"

void publisher_address_patch_open(struct report *self)
{
	struct address_patch *address = &self->address;

	publisher_address_init(&address->table);
	buf_init(&address->json, BUF_MAX_MESSAGE);
	publisher_api_retry_init(&address->retry);
	for (size_t i = 0; i < REPORT_PARALLEL; i++)
		address->flights[i].report = self;
}

static void land(struct address_flight *flight)
{
	kube_cancel(&flight->request);
	mem_free(flight->key);
	flight->key = NULL;
}

void publisher_address_patch_close(struct report *self)
{
	for (size_t i = 0; i < REPORT_PARALLEL; i++)
		land(&self->address.flights[i]);
	publisher_address_clear(&self->address.table);
	buf_clear(&self->address.json);
}

/* ---- what comes ---- */

void publisher_address_patch_want(struct report *self, const struct msg_addresses *addresses)
{
	struct address_patch *address = &self->address;
	uint64_t sum = 0;

	buf_reset(&address->json);
	if (addresses->known) {
		publisher_address_print(&addresses->status, &address->json);
		sum = publisher_address_sum(buf_view(&address->json));
	}
	if (sum && sum != address->table.wanted)
		log_info("where Pomerium is reached, for the status of Ingresses",
			 "load_balancer=%s ingresses=%zu", log_value(address->json.ptr),
			 address->table.entries.n);
	publisher_address_want(&address->table, sum, clock_ms());
}

void publisher_address_patch_pause(struct report *self, struct str key)
{
	publisher_address_pause(&self->address.table, key);
	for (size_t i = 0; i < REPORT_PARALLEL; i++)
		if (str_eq(str_from(self->address.flights[i].key), key))
			land(&self->address.flights[i]);
}

void publisher_address_patch_stop(struct report *self)
{
	const uint64_t now_ms = clock_ms();

	for (size_t i = 0; i < REPORT_PARALLEL; i++) {
		struct address_flight *flight = &self->address.flights[i];

		if (flight->key)
			publisher_address_again(&self->address.table, str_from(flight->key), false,
						now_ms);
		land(flight);
	}
}

/* ---- answers ---- */

static void content(struct address_patch *address)
{
	publisher_api_retry_success(&address->retry);
	address->n_refused = 0;
}

/* Refused: rather that one later than all of them; but if nobody may be told, all of them. */
static uint64_t refused(struct address_patch *address, const struct kube_result *result)
{
	uint64_t wait = publisher_api_retry_failure(&address->retry, "ingress status", result);

	return ++address->n_refused < REPORT_REFUSED_MAX ? 0 : wait;
}

/* Something stands in the way that may pass. */
static void try_again(struct address_patch *address, struct str key,
		      const struct kube_result *result)
{
	const uint64_t now_ms = clock_ms();
	uint64_t wait = 0;
	bool is_long;

	if (result->status == 403)
		wait = refused(address, result);
	else if (result->status != 409)
		wait = publisher_api_retry_failure(&address->retry, "ingress status", result);
	if (now_ms + wait > address->hold_ms)
		address->hold_ms = now_ms + wait;
	is_long = result->status == 403 && publisher_api_retry_is_forbidden(&address->retry);
	publisher_address_again(&address->table, key, is_long, now_ms);
}

static void on_patched(void *arg, const struct kube_result *result)
{
	struct address_flight *flight = arg;
	struct address_patch *address = &flight->report->address;
	struct address_entry *entry = map_get(&address->table.entries, str_from(flight->key));

	flight->request = NULL;
	if (result->status == 409 || publisher_api_retry_may_pass(result->status)) {
		try_again(address, str_from(flight->key), result);
	} else if (entry) {
		if (result->status / 100 == 2)
			content(address);
		else if (result->status != 404) /* that it is gone will be heard */
			publisher_api_retry_failure(&address->retry, "ingress status", result);
		/* What was refused is not tried again before it, or the address, is another. */
		publisher_address_put(&address->table, entry->key, entry->uid, flight->sum,
				      clock_ms());
	}
	land(flight);
}

/* ---- requests ---- */

static void print_url(struct str key, struct buf *url)
{
	struct str namespace = STR_NONE, name = STR_NONE;

	str_cut(key, '/', &namespace, &name);
	buf_init(url, BUF_MAX_TEXT);
	buf_puts(url, "/apis/networking.k8s.io/v1/namespaces/");
	kube_add_escaped(url, namespace);
	buf_puts(url, "/ingresses/");
	kube_add_escaped(url, name);
	buf_puts(url, "/status");
}

static void start(struct address_flight *flight, const struct address_entry *entry)
{
	struct address_patch *address = &flight->report->address;
	struct kube_call call = { .method = "PATCH",
				  .content_type = "application/merge-patch+json",
				  .timeout_ms = KUBE_TIMEOUT_MS,
				  .on_done = on_patched,
				  .self = flight };
	struct buf url, body;

	print_url(entry->key, &url);
	buf_init(&body, BUF_MAX_MESSAGE);
	publisher_address_print_patch(entry->uid, buf_view(&address->json), &body);
	call.path = buf_view(&url);
	call.body = buf_view(&body);
	flight->key = mem_dup(entry->key.ptr, entry->key.len);
	flight->sum = address->table.wanted;
	flight->request = kube_start(flight->report->kube, &call);
	buf_clear(&url);
	buf_clear(&body);
}

static struct address_flight *find_free(struct address_patch *address)
{
	for (size_t i = 0; i < REPORT_PARALLEL; i++)
		if (!address->flights[i].key)
			return &address->flights[i];
	return NULL;
}

uint64_t publisher_address_patch_tick(struct report *self, uint64_t now_ms)
{
	struct address_patch *address = &self->address;
	struct address_flight *flight = find_free(address);
	const struct address_entry *entry;
	uint64_t due_ms;

	if (!self->open || !flight)
		return UINT64_MAX; /* an answer wakes us */
	if (now_ms < address->hold_ms)
		return address->table.wanted ? address->hold_ms : UINT64_MAX;
	entry = publisher_address_take(&address->table, now_ms, &due_ms);
	if (!entry)
		return due_ms;
	start(flight, entry);
	address->hold_ms = now_ms + REPORT_ADDRESS_MS;
	return address->hold_ms;
}
