/* source_flags: where the watcher's objects come from, by its flags.
 *
 *   in     the command line, as conf reads it
 *   out    a feed: of manifests, of a cluster or of a recording; a recorder
 *   owns   the settings
 *   never  reads an object
 */
#include "watcher/source_flags.h"

static struct {
	struct str_list paths;
	struct str kubeconfig, context;
	struct feed_scope scope;
	uint64_t api_silence_ms, api_backoff_ms;
	struct str record, replay, replay_speed;
	FILE *recording; /* NULL: none is played */
	double speed;
	struct kube *kube; /* NULL: no cluster is watched */
} flags;

const struct conf_option watcher_source_flags_options[] = {
	{ "file", CONF_PATHS, &flags.paths, "", 0, 0,
	  "manifests and folders of manifests to read and follow", 'f' },
	{ "kubeconfig", CONF_TEXT, &flags.kubeconfig, "", 0, 0,
	  "cluster to watch, several files with ':' between them; empty: the one that this pod "
	  "runs in",
	  0 },
	{ "context", CONF_TEXT, &flags.context, "", 0, 0,
	  "context of the kubeconfig; empty: its current one", 0 },
	{ "namespaces", CONF_LIST, &flags.scope.namespaces, "", 0, 0,
	  "namespaces to watch, comma separated; empty: all", 0 },
	{ "update-status-from-service", CONF_TEXT, &flags.scope.service, "", 0, 0,
	  "namespace/name of a Service to watch, wherever it is", 0 },
	{ "experimental-gateway-api", CONF_BOOL, &flags.scope.gateway_api, "true", 0, 0,
	  "watch objects of the Gateway API, unless there are --namespaces", 0 },
	{ "api-silence", CONF_DURATION, &flags.api_silence_ms, "60s", 100, 3600000,
	  "how long the API server may say nothing before it is asked whether it is there", 0 },
	{ "api-backoff", CONF_DURATION, &flags.api_backoff_ms, "800ms", 10, 30000,
	  "first wait after a failure of the API server; doubles up to 30s", 0 },
	{ "record", CONF_TEXT, &flags.record, "", 0, 0,
	  "file that all objects go into, too, as they come, values of Secrets replaced", 0 },
	{ "replay", CONF_TEXT, &flags.replay, "", 0, 0,
	  "recording to play, instead of a cluster or manifests", 0 },
	{ "replay-speed", CONF_TEXT, &flags.replay_speed, "max", 0, 0,
	  "how many times faster than it was; max: as fast as it can be taken", 0 },
	{ 0 },
};

static int open_recordings(struct recorder **recorder, struct confine *needs, struct err *err)
{
	if (flags.replay.len && watcher_replay_open(flags.replay, flags.replay_speed,
						    &flags.recording, &flags.speed, err) < 0)
		return -1;
	if (!flags.record.len)
		return 0;
	confine_write(needs, flags.record);
	*recorder = watcher_recorder_new(flags.record, err);
	return *recorder ? 0 : -1;
}

int watcher_source_flags_open(struct recorder **recorder, struct confine *needs, struct err *err)
{
	needs->reads_all = flags.paths.n;
	if (open_recordings(recorder, needs, err) < 0)
		return -1;
	if (flags.paths.n || flags.recording)
		return 0;
	flags.kube = kube_open(flags.kubeconfig, flags.context, err);
	if (!flags.kube)
		return err_wrap(err, "no cluster to watch");
	kube_set_pace(flags.kube, flags.api_silence_ms, flags.api_backoff_ms);
	kube_confine(flags.kube, needs);
	return 0;
}

struct feed *watcher_source_flags_feed(const struct feed_sink *sink)
{
	if (flags.recording)
		return watcher_feed_replay_new(flags.recording, flags.speed, sink);
	if (flags.paths.n)
		return watcher_feed_dir_new(&flags.paths, sink);
	return watcher_feed_kube_new(flags.kube, &flags.scope, sink);
}
