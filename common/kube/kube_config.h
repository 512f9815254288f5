/* kube_config: where the API server is and who we are to it.
 *
 * From a kubeconfig (several files in KUBECONFIG, the first that says something wins), or from the
 * files that Kubernetes mounts into a pod. Credentials that live in files or come from an exec
 * plugin are read again when they change, when they expire and when the server answers 401. Rules:
 * kubectl's kubeconfig v1; client.authentication.k8s.io/v1 and v1beta1. */
#ifndef KUBE_KUBE_CONFIG_H
#define KUBE_KUBE_CONFIG_H

#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "base/str.h"

struct kube_exec {
	struct str command; /* absolute, or to be found in PATH; empty: no plugin */
	struct str api_version;
	struct str_list args;
	struct str_map env;
	bool wants_cluster;        /* provideClusterInfo */
	struct str cluster_config; /* JSON of the cluster's extension for plugins; empty: none */
};

struct kube_config {
	struct pool pool;     /* holds all strings, secrets too: wiped by clear */
	struct str server;    /* https://host:port, without a slash at the end */
	struct str namespace; /* of the context; empty: none */
	struct str proxy_url;
	struct str tls_server_name;
	bool insecure;               /* insecure-skip-tls-verify */
	struct str ca_file, ca_data; /* PEM */
	struct str cert_file, cert_data;
	struct str key_file, key_data;
	struct str token, token_file;
	struct str username, password;
	struct kube_exec exec; /* only if nothing else says who we are */
};

/* What to show to the server now; lives in its own pool, wiped by clear. */
struct kube_credentials {
	struct pool pool;
	struct str ca, cert, key; /* PEM; ptr NULL: none */
	struct str token;
	int64_t expires; /* seconds since 1970, of an exec plugin's answer; 0: unknown */
};

/* `path`: a kubeconfig, or several with ':' between them; of several some may be missing. */
int kube_config_load(struct kube_config *config, struct str path, struct str context,
		     struct err *err);
/* KUBERNETES_SERVICE_HOST/_PORT and /var/run/secrets/kubernetes.io/serviceaccount. */
int kube_config_in_cluster(struct kube_config *config, struct err *err);
void kube_config_clear(struct kube_config *config);

/* Reads the files; a plugin's answer comes later (kube_exec.h). -1 with a sentence that holds no
 * secret. */
int kube_credentials_read(const struct kube_config *config, struct kube_credentials *out,
			  struct err *err);
/* Trims the token; -1: it cannot be one. */
int kube_credentials_check(struct kube_credentials *credentials, struct err *err);
void kube_credentials_clear(struct kube_credentials *credentials);

#endif
