/* event: what an Event says, its name, and how many may be sent.
 *
 *   in     what happened to which object
 *   out    a core/v1 Event as JSON; the patch that counts it once more
 *   never  sends
 */
#include "publisher/report/event.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"

void publisher_event_name(const struct event *event, char name[EVENT_NAME_MAX])
{
	struct str parts[] = {
		event->about.namespace,  event->about.name, event->uid,
		str_from(event->reason), event->message,    str_from(event->component)
	};
	struct hash hash;
	struct buf all;
	int len;

	buf_init(&all, BUF_MAX_TEXT);
	buf_printf(&all, "%llu", (unsigned long long)event->about.kind);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		buf_printf(&all, "/%zu:", parts[i].len);
		buf_str(&all, parts[i]);
	}
	hash = hash_of(buf_view(&all));
	buf_clear(&all);
	len = snprintf(name, EVENT_NAME_MAX, "sluice-");
	for (size_t i = 0; i < 16; i++)
		len += snprintf(name + len, EVENT_NAME_MAX - (size_t)len, "%02x", hash.bytes[i]);
}

struct str publisher_event_namespace(const struct event *event)
{
	return event->about.namespace.len ? event->about.namespace : STR("default");
}

void publisher_event_put_time(cJSON *object, const char *key, int64_t now)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(now, -1, text);
	cjson_put_text(object, key, str_from(text));
}

/* No more than the limit, and no half of a character. */
static struct str cut(struct str text)
{
	if (text.len <= EVENT_MESSAGE_MAX)
		return text;
	text.len = EVENT_MESSAGE_MAX;
	while (text.len && ((unsigned char)text.ptr[text.len] & 0xc0) == 0x80)
		text.len--;
	return text;
}

static void put_about(cJSON *doc, const struct event *event)
{
	const bool is_ingress = event->about.kind == MSG_KIND_INGRESS;
	cJSON *about = cjson_put_object(doc, "involvedObject");

	cjson_put_text(about, "apiVersion",
		       is_ingress ? STR("networking.k8s.io/v1") : STR("ingress.pomerium.io/v1"));
	cjson_put_text(about, "kind", str_from(msg_kind_name((enum msg_kind)event->about.kind)));
	cjson_put_filled(about, "namespace", event->about.namespace);
	cjson_put_text(about, "name", event->about.name);
	cjson_put_text(about, "uid", event->uid);
}

void publisher_event_print(const struct event *event, uint64_t count, int64_t now, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject(), *part;
	char name[EVENT_NAME_MAX];

	publisher_event_name(event, name);
	cjson_put_text(doc, "apiVersion", STR("v1"));
	cjson_put_text(doc, "kind", STR("Event"));
	part = cjson_put_object(doc, "metadata");
	cjson_put_text(part, "name", str_from(name));
	cjson_put_text(part, "namespace", publisher_event_namespace(event));
	if (event->ingress.len)
		cjson_put_text(cjson_put_object(part, "annotations"), "ingress", event->ingress);
	put_about(doc, event);
	cjson_put_text(doc, "type", event->warning ? STR("Warning") : STR("Normal"));
	cjson_put_text(doc, "reason", str_from(event->reason));
	cjson_put_text(doc, "message", cut(event->message));
	cjson_put_text(cjson_put_object(doc, "source"), "component", str_from(event->component));
	cjson_put_number(doc, "count", (long long)count);
	publisher_event_put_time(doc, "firstTimestamp", now);
	publisher_event_put_time(doc, "lastTimestamp", now);
	cjson_print(&doc, out);
}

void publisher_event_print_again(uint64_t count, int64_t now, struct buf *out)
{
	cJSON *doc = cJSON_CreateObject();

	cjson_put_number(doc, "count", (long long)count);
	publisher_event_put_time(doc, "lastTimestamp", now);
	cjson_print(&doc, out);
}

static struct event *add_event(struct event_list *list, struct pool *pool)
{
	return pool_push(pool, &list->items, &list->n, sizeof(struct event));
}

static void follow_settings(const struct event_news *news, struct pool *pool,
			    struct event_list *out)
{
	struct event event = { .about = news->owner,
			       .uid = news->uid,
			       .warning = news->reason.len > 0,
			       .reason = news->reason.len ? "UpdateError" : "Updated",
			       .component = "pomerium-crd",
			       .message = news->reason.len ? news->reason : STR("config updated") };

	if (!news->uid.len || news->gone)
		return; /* there is no such object */
	*add_event(out, pool) = event;
	for (size_t i = 0; i < news->warnings.n; i++) {
		event.warning = true;
		event.reason = "Validation";
		event.message = news->warnings.items[i];
		*add_event(out, pool) = event;
	}
}

static void follow_ingress(const struct event_news *news, struct pool *pool, struct event_list *out)
{
	const bool bad = news->reason.len > 0 && !news->gone;
	const struct str gone =
		news->reason.len ? news->reason : STR("Ingress resource was deleted");
	const struct str who =
		pool_printf(pool, STR_FMT "/" STR_FMT, STR_ARG(news->owner.namespace),
			    STR_ARG(news->owner.name));
	struct event event = { .about = news->owner,
			       .uid = news->uid,
			       .warning = bad,
			       .reason = bad ? "UpdateError" : "Updated",
			       .component = "pomerium-ingress",
			       .message =
				       bad ? news->reason : STR("updated pomerium configuration") };

	if (!news->gone)
		*add_event(out, pool) = event;
	if (!news->settings.name.len)
		return;
	event.about = news->settings;
	event.uid = news->settings_uid;
	event.ingress = who;
	event.message = pool_printf(pool, STR_FMT ": %s" STR_FMT, STR_ARG(who),
				    news->gone ? "deleted: " : "",
				    STR_ARG(news->gone ? gone
					    : bad      ? news->reason
						       : STR("config updated")));
	*add_event(out, pool) = event;
}

void publisher_event_follow(const struct event_news *news, struct pool *pool,
			    struct event_list *out)
{
	*out = (struct event_list){ 0 };
	if (news->owner.kind == MSG_KIND_POMERIUM)
		follow_settings(news, pool, out);
	else if (news->owner.kind == MSG_KIND_INGRESS)
		follow_ingress(news, pool, out);
}

bool publisher_event_take(struct event_bucket *bucket, uint64_t now_ms, uint64_t *due_ms)
{
	const uint64_t full = bucket->full_ms > now_ms ? bucket->full_ms : now_ms;

	if (full + EVENT_EACH_MS > now_ms + EVENT_BURST * EVENT_EACH_MS) {
		*due_ms = full + EVENT_EACH_MS - EVENT_BURST * EVENT_EACH_MS;
		return false;
	}
	bucket->full_ms = full + EVENT_EACH_MS;
	return true;
}
