/* key: the text form of an object's key, and which keys can exist.
 *
 *   in     keys from messages and names from manifests, hostile
 *   out    short texts without ambiguity: no part of a key that can exist has a slash
 *   never  keeps anything
 */
#include "resolver/graph/key.h"

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool is_name(struct str s, size_t max)
{
	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_name_byte(s.ptr[i]))
			return false;
	return s.ptr[0] != '-' && s.ptr[0] != '.';
}

bool resolver_key_can_exist(const struct msg_key *key)
{
	if (key->kind == MSG_KIND_NONE || key->kind >= MSG_N_KINDS)
		return false;
	if (!is_name(key->name, KEY_NAME_MAX))
		return false;
	if (!msg_kind_is_namespaced((enum msg_kind)key->kind))
		return key->namespace.len == 0;
	return is_name(key->namespace, KEY_NAMESPACE_MAX);
}

struct str resolver_key_text(const struct msg_key *key, struct key_text *buf)
{
	size_t ns = key->namespace.len < KEY_NAMESPACE_MAX ? key->namespace.len : KEY_NAMESPACE_MAX;
	size_t name = key->name.len < KEY_NAME_MAX ? key->name.len : KEY_NAME_MAX;

	buf->bytes[0] = (char)('A' + key->kind);
	if (ns > 0)
		memcpy(buf->bytes + 1, key->namespace.ptr, ns);
	buf->bytes[1 + ns] = '/';
	if (name > 0)
		memcpy(buf->bytes + ns + 2, key->name.ptr, name);
	buf->bytes[ns + name + 2] = '\0';
	return (struct str){ buf->bytes, ns + name + 2 };
}

struct msg_key resolver_key_from_text(struct str text)
{
	struct msg_key key = { 0 };

	key.kind = (uint64_t)(text.ptr[0] - 'A');
	str_cut(str_slice(text, 1, text.len), '/', &key.namespace, &key.name);
	return key;
}

bool resolver_key_from_reference(struct str text, struct msg_key *key)
{
	return str_cut(text, '/', &key->namespace, &key->name) && resolver_key_can_exist(key);
}
