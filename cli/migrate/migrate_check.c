/* migrate_check: finds out whether Sluice would accept the result.
 *
 *   in     targets
 *   out    a finding for each target that is rejected
 *   owns   stand-ins for the Services that the input lacks
 *   never  has rules of its own: it translates the targets as `sluice translate` does
 */
#include "cli/migrate/migrate_source.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/migrate/nginx/nginx_server.h"
#include "cli/migrate/yaml_put.h"
#include "cli/offline/offline.h"

/* ---- Services ---- */

static void add_port(struct buf *out, struct str name, long long number)
{
	buf_printf(out, "  - port: %lld\n", number);
	if (name.len)
		cli_yaml_put_pair(out, STR("name"), name, 4);
}

static long long number_of(const struct value *v)
{
	return v && v->type == VALUE_INT ? v->integer : 0;
}

static void add_ports(struct buf *out, const struct value *ports)
{
	for (size_t i = 0; ports && ports->type == VALUE_LIST && i < ports->list.n; i++)
		add_port(out, value_text(&ports->list.items[i], "name"),
			 number_of(value_get(&ports->list.items[i], "port")));
}

/* Collects the ports of a Service: those that it has, or, if the input lacks it, those that are
 * asked for. */
static void take_service(struct migrate *migrate, struct map *services, struct str namespace,
			 const struct msg_service_ref *ref)
{
	const struct value *doc = cli_migrate_set_find(migrate, "Service", namespace, ref->name);
	const struct str key = pool_printf(&migrate->pool, STR_FMT "/" STR_FMT, STR_ARG(namespace),
					   STR_ARG(ref->name));
	struct buf *ports = map_get(services, key);
	struct buf one;

	if (!ports) {
		ports = pool_alloc(&migrate->pool, sizeof(*ports));
		buf_init(ports, BUF_MAX_TEXT);
		add_ports(ports, value_get(value_get(doc, "spec"), "ports"));
		map_put(services, key, ports);
	}
	if (doc)
		return;
	buf_init(&one, BUF_MAX_TEXT);
	add_port(&one, ref->port.name, ref->port.name.len ? 80 : ref->port.number);
	if (!ports->len || !memmem(ports->ptr, ports->len, one.ptr, one.len))
		buf_str(ports, buf_view(&one));
	buf_clear(&one);
}

static void take_services(struct migrate *migrate, struct map *services)
{
	for (size_t i = 0; i < migrate->n_sources; i++) {
		const struct migrate_source *source = migrate->sources[i];

		for (size_t t = 0; t < source->n_targets; t++)
			for (size_t k = 0; k < source->targets[t].n_routes; k++)
				take_service(
					migrate, services, source->ingress->metadata.namespace,
					source->targets[t].routes[k]->location->backend->service);
	}
}

static void add_services(struct migrate *migrate, struct buf *out)
{
	struct map services;
	struct str key, namespace, name;
	void *ports;

	map_init(&services, NULL);
	take_services(migrate, &services);
	for (size_t i = 0; map_next(&services, &i, &key, &ports);) {
		str_cut(key, '/', &namespace, &name);
		buf_puts(out, "---\napiVersion: v1\nkind: Service\nmetadata:\n");
		cli_yaml_put_pair(out, STR("namespace"), namespace, 2);
		cli_yaml_put_pair(out, STR("name"), name, 2);
		buf_puts(out, "spec:\n  ports:\n");
		buf_str(out, buf_view(ports));
		buf_clear(ports);
	}
	map_clear(&services);
}

/* ---- translation ---- */

static void add_class(struct buf *out)
{
	buf_puts(out, "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n");
	cli_yaml_put_pair(out, STR("name"), cli_migrate_settings.class, 2);
	buf_puts(out, "spec:\n");
	cli_yaml_put_pair(out, STR("controller"), cli_offline_settings.resolve.controller, 2);
}

static void reject(struct migrate *migrate, struct migrate_source *source, struct str name,
		   struct str sentence)
{
	struct migrate_finding *finding = cli_migrate_source_finding(
		migrate, source, STR(""), pool_str(&migrate->pool, name));

	finding->outcome = OUTCOME_REFUSED;
	finding->sentence =
		pool_printf(&migrate->pool, "Sluice would reject it: " STR_FMT, STR_ARG(sentence));
	source->n_rejected++;
}

static void take_lines(struct migrate *migrate, const struct offline *offline)
{
	struct map by_name;

	map_init(&by_name, NULL);
	for (size_t i = 0; i < migrate->n_sources; i++) {
		struct migrate_source *source = migrate->sources[i];

		for (size_t k = 0; k < source->n_targets; k++)
			map_put(&by_name,
				pool_printf(&migrate->pool, STR_FMT "/" STR_FMT,
					    STR_ARG(source->ingress->metadata.namespace),
					    STR_ARG(source->targets[k].name)),
				source);
	}
	for (size_t i = 0; i < offline->n_lines; i++) {
		const struct offline_line *line = &offline->lines[i];
		struct migrate_source *source = map_get(&by_name, line->name);

		if (source && !line->is_warning)
			reject(migrate, source, line->name, line->text);
	}
	map_clear(&by_name);
}

static int make_file(const struct buf *text, char path[static 32])
{
	const int fd = memfd_create("sluice-migrate", MFD_CLOEXEC);

	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	if (fd >= 0 && write(fd, text->ptr, text->len) == (ssize_t)text->len)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int cli_migrate_check(struct migrate *migrate, struct err *err)
{
	struct offline offline;
	struct buf text;
	char path[32];
	struct str file;
	int fd;

	buf_init(&text, BUF_MAX_OUTPUT);
	add_class(&text);
	add_services(migrate, &text);
	for (size_t i = 0; i < migrate->n_sources; i++)
		cli_migrate_write_alone(migrate->sources[i], &text);
	fd = make_file(&text, path);
	buf_clear(&text);
	if (fd < 0)
		return err_set(err, "the result cannot be checked: %s", strerror(errno));
	file = str_from(path);
	cli_offline_settings.files = (struct str_list){ &file, 1 };
	cli_offline_load(&offline);
	cli_offline_translate(&offline, false);
	take_lines(migrate, &offline);
	cli_offline_clear(&offline);
	cli_offline_settings.files = (struct str_list){ NULL, 0 };
	close(fd);
	return 0;
}
