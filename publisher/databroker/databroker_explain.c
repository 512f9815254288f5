/* databroker_explain: what the databroker has of one owner, as JSON.
 *
 *   in     the ledger, what is wanted
 *   out    JSON members: record, version, state, writer
 *   never  asks the databroker
 */
#include "base/json_put.h"
#include "publisher/databroker/databroker_inside.h"

static const char *state_of(const struct databroker *self, struct str id, struct pool *pool,
			    const struct ledger_entry *stored)
{
	struct ledger_entry wanted;
	size_t n_routes;
	const struct str bytes = publisher_record_wanted(&self->source, id, pool, &n_routes);

	if (!self->follow.read)
		return "not read yet";
	if (!stored)
		return bytes.ptr ? "not yet" : "nothing";
	if (!bytes.ptr || publisher_record_read(bytes, &wanted, NULL) < 0)
		return "older";
	return hash_equal(&wanted.digest, &stored->digest) ? "equal" : "older";
}

void publisher_databroker_explain(const struct databroker *self, const struct msg_key *owner,
				  struct buf *out)
{
	const struct ledger_entry *stored;
	struct pool pool;
	struct str id;

	pool_init(&pool);
	id = publisher_record_id(owner, &pool);
	stored = publisher_ledger_get(&self->ledger, id);
	json_put_text(out, "record", id);
	if (stored)
		json_put_number(out, "version", (long long)stored->version);
	json_put_text(out, "state", str_from(state_of(self, id, &pool, stored)));
	json_put_bool(out, "writer", publisher_lease_is_ours(self));
	pool_wipe(&pool);
}
