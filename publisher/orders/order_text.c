/* order_text: what is sent to the API server about a Certificate and its Secret.
 *
 *   in     a host and who shall make its certificate; names
 *   out    paths and bodies of requests
 *   owns   nothing
 *   never  names a Secret without the label of ours
 */
#include "publisher/orders/order_text.h"

#include "kube/kube.h"

static void put_labels(struct buf *json)
{
	buf_puts(json, "{\"labels\":{\"" MSG_ORDERED_LABEL "\":\"" MSG_ORDERED_BY "\"}");
}

void publisher_order_text_certificate(const struct msg_issuer *issuer, struct str host,
				      struct buf *json)
{
	char name[ORDER_NAME_MAX];

	publisher_order_plan_name(issuer, host, name);
	buf_puts(json, "{\"apiVersion\":\"cert-manager.io/v1\",\"kind\":\"Certificate\","
		       "\"metadata\":");
	put_labels(json);
	buf_printf(json,
		   ",\"name\":\"%s\"},\"spec\":{\"secretName\":\"%s\",\"secretTemplate\":", name,
		   name);
	put_labels(json);
	buf_puts(json, "},\"dnsNames\":[");
	buf_json(json, host);
	buf_puts(json, "],\"issuerRef\":{\"kind\":");
	buf_json(json, issuer->kind);
	buf_puts(json, ",\"name\":");
	buf_json(json, issuer->name);
	buf_puts(json, "}}}");
}

void publisher_order_text_delete(struct str uid, struct buf *json)
{
	buf_puts(json, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"preconditions\":"
		       "{\"uid\":");
	buf_json(json, uid);
	buf_puts(json, "}}");
}

void publisher_order_text_url(struct str namespace, struct str name, struct buf *url)
{
	buf_puts(url, "/apis/cert-manager.io/v1/namespaces/");
	kube_add_escaped(url, namespace);
	buf_puts(url, "/certificates");
	if (!name.len)
		return;
	buf_putc(url, '/');
	kube_add_escaped(url, name);
}

void publisher_order_text_secret_url(struct str secret, struct buf *url)
{
	struct str namespace, name;

	(void)str_cut(secret, '/', &namespace, &name);
	buf_puts(url, "/api/v1/namespaces/");
	kube_add_escaped(url, namespace);
	buf_puts(url, "/secrets?labelSelector=");
	kube_add_escaped(url, STR(MSG_ORDERED_LABEL "=" MSG_ORDERED_BY));
	buf_puts(url, "&fieldSelector=");
	kube_add_escaped(url, STR("metadata.name="));
	kube_add_escaped(url, name);
}
