/* secrets: values by reference, wiped when the last owner lets go.
 *
 *   in     which Secrets are wanted, and what the watcher answers
 *   out    what bundles may say of them, values for the publisher
 *   owns   the only copy of the values that stays in this process
 *   never  prints or logs anything
 */
#include "resolver/secrets/secrets.h"

#include "base/mem.h"
#include "resolver/secrets/secret_info.h"
#include "resolver/graph/key.h"

struct secret {
	struct pool pool; /* everything below; wiped */
	bool answered;
	enum msg_secret_answer answer;
	struct str type;
	struct str_map data;
	struct msg_secret_info_list values;
	struct msg_ticket_value_list fingerprints; /* in the order of data */
};

static void free_secret(void *value)
{
	struct secret *secret = value;

	pool_wipe(&secret->pool);
	mem_free(secret);
}

void resolver_secrets_init(struct secrets *secrets)
{
	map_init(&secrets->wanted, free_secret);
	hash_random(&secrets->boot_key, sizeof(secrets->boot_key));
}

void resolver_secrets_clear(struct secrets *secrets)
{
	map_clear(&secrets->wanted);
	mem_wipe(&secrets->boot_key, sizeof(secrets->boot_key));
}

static struct secret *find(const struct secrets *secrets, const struct msg_key *key)
{
	struct key_text text;

	return map_get(&secrets->wanted, resolver_key_text(key, &text));
}

bool resolver_secrets_hold(struct secrets *secrets, const struct msg_key *key)
{
	struct key_text text;
	struct secret *secret;

	if (find(secrets, key))
		return false;
	secret = mem_alloc(sizeof(*secret));
	pool_init_in_vault(&secret->pool);
	map_put(&secrets->wanted, resolver_key_text(key, &text), secret);
	return true;
}

bool resolver_secrets_wants(const struct secrets *secrets, const struct msg_key *key)
{
	return find(secrets, key) != NULL;
}

bool resolver_secrets_release(struct secrets *secrets, const struct msg_key *key)
{
	struct key_text text;

	return map_del(&secrets->wanted, resolver_key_text(key, &text));
}

static bool is_same(const struct secret *secret, const struct msg_secret_value *value)
{
	if (!secret->answered || secret->answer != value->answer ||
	    !str_eq(secret->type, value->type) || secret->data.n != value->data.n)
		return false;
	for (size_t i = 0; i < value->data.n; i++)
		if (!str_eq(secret->data.items[i].key, value->data.items[i].key) ||
		    !str_eq(secret->data.items[i].value, value->data.items[i].value))
			return false;
	return true;
}

static void copy_data(struct secret *secret, const struct str_map *data)
{
	secret->data.items = pool_array(&secret->pool, data->n, sizeof(*data->items));
	secret->data.n = data->n;
	for (size_t i = 0; i < data->n; i++) {
		secret->data.items[i].key = pool_str(&secret->pool, data->items[i].key);
		secret->data.items[i].value = pool_str(&secret->pool, data->items[i].value);
	}
}

/* The length before each part: no two Secrets, keys and values make one text. */
static void add_part(struct buf *text, struct str part)
{
	buf_printf(text, "%zu:", part.len);
	buf_str(text, part);
}

static void take_fingerprints(const struct secrets *secrets, const struct msg_key *key,
			      struct secret *secret)
{
	struct msg_ticket_value_list *list = &secret->fingerprints;
	struct buf text;

	list->n = secret->data.n;
	list->items = pool_array(&secret->pool, list->n, sizeof(*list->items));
	buf_init(&text, BUF_MAX_MESSAGE);
	for (size_t i = 0; i < list->n; i++) {
		buf_reset(&text);
		add_part(&text, key->namespace);
		add_part(&text, key->name);
		add_part(&text, secret->data.items[i].key);
		add_part(&text, secret->data.items[i].value);
		list->items[i] =
			(struct msg_ticket_value){ secret->data.items[i].key,
						   hash_hmac(&secrets->boot_key, buf_view(&text)) };
	}
	buf_wipe(&text);
}

bool resolver_secrets_apply(struct secrets *secrets, const struct msg_secret_value *value)
{
	struct secret *secret = find(secrets, &value->key);

	if (!secret || is_same(secret, value))
		return false;
	/* What cannot be read just now is not gone: the last value goes on serving. */
	if (value->answer == MSG_SECRET_UNAVAILABLE && secret->answered &&
	    secret->answer == MSG_SECRET_FOUND)
		return false;
	pool_wipe(&secret->pool);
	pool_init_in_vault(&secret->pool);
	secret->answered = true;
	secret->answer = (enum msg_secret_answer)value->answer;
	secret->type = pool_str(&secret->pool, value->type);
	copy_data(secret, &value->data);
	resolver_secret_info_from_data(&secret->data, &secret->pool, &secret->values);
	take_fingerprints(secrets, &value->key, secret);
	return true;
}

bool resolver_secrets_adopt(struct secrets *secrets, const struct msg_key *key,
			    const struct msg_bundle_secret *seen, struct str stand_in)
{
	struct secret *secret = find(secrets, key);
	const size_t n = seen->values.n;

	if (!secret)
		return false;
	pool_wipe(&secret->pool);
	pool_init_in_vault(&secret->pool);
	secret->answered = true;
	secret->answer = (enum msg_secret_answer)seen->answer;
	secret->type = pool_str(&secret->pool, seen->type);
	secret->data.items = pool_array(&secret->pool, n + 1, sizeof(*secret->data.items));
	secret->values.items = pool_array(&secret->pool, n + 1, sizeof(*secret->values.items));
	secret->data.n = secret->values.n = n;
	for (size_t i = 0; i < n; i++) {
		struct msg_secret_info *info = &secret->values.items[i];

		*info = seen->values.items[i];
		info->name = pool_str(&secret->pool, info->name);
		info->clear = pool_str(&secret->pool, info->clear);
		secret->data.items[i] = (struct str_pair){ info->name, stand_in };
	}
	take_fingerprints(secrets, key, secret);
	return true;
}

bool resolver_secrets_get(const struct secrets *secrets, const struct msg_key *key,
			  struct msg_bundle_secret *out)
{
	const struct secret *secret = find(secrets, key);

	if (!secret || !secret->answered)
		return false;
	*out = (struct msg_bundle_secret){ .namespace = key->namespace,
					   .name = key->name,
					   .answer = secret->answer,
					   .type = secret->type,
					   .values = secret->values };
	return true;
}

void resolver_secrets_vouch(const struct secrets *secrets, const struct msg_key *key,
			    struct msg_ticket_secret *out)
{
	const struct secret *secret = find(secrets, key);

	*out = (struct msg_ticket_secret){ .namespace = key->namespace,
					   .name = key->name,
					   .type = secret->type,
					   .values = secret->fingerprints };
}

bool resolver_secrets_values(const struct secrets *secrets, const struct msg_key *key,
			     struct pool *pool, struct msg_secret_put *out)
{
	const struct secret *secret = find(secrets, key);

	if (!secret || !secret->answered || secret->answer != MSG_SECRET_FOUND ||
	    key->kind != MSG_KIND_SECRET)
		return false;
	*out = (struct msg_secret_put){ .key = *key };
	out->entries.items = pool_array(pool, secret->data.n, sizeof(*out->entries.items));
	out->entries.n = secret->data.n;
	for (size_t i = 0; i < secret->data.n; i++)
		out->entries.items[i] = (struct msg_secret_entry){
			.name = secret->data.items[i].key,
			.fingerprint = secret->fingerprints.items[i].fingerprint,
			.bytes = secret->data.items[i].value
		};
	return true;
}

size_t resolver_secrets_count(const struct secrets *secrets, enum msg_kind kind)
{
	struct str text;
	size_t n = 0;

	for (size_t i = 0; map_next(&secrets->wanted, &i, &text, NULL);)
		n += resolver_key_from_text(text).kind == (uint64_t)kind;
	return n;
}

size_t resolver_secrets_keys(const struct secrets *secrets, struct pool *pool,
			     struct msg_key **keys)
{
	struct str text;
	size_t n = 0;

	*keys = pool_array(pool, secrets->wanted.n, sizeof(**keys));
	for (size_t i = 0; map_next(&secrets->wanted, &i, &text, NULL);)
		(*keys)[n++] = resolver_key_from_text(pool_str(pool, text));
	return n;
}
