/* test_kube_config: what kubeconfig files say, and what is said of bad ones; files of credentials;
 * plugins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "kube/kube_exec.h"

static char folder[] = "/tmp/sluice-test-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "a", "b", "c", "token", "pem", "plugin" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

/* "A:B" becomes the paths of files in the folder. */
static void expand(struct buf *out, const char *names)
{
	buf_init(out, BUF_MAX_TEXT);
	for (; *names; names++) {
		if (out->len == 0 || names[-1] == ':')
			buf_printf(out, "%s/", folder);
		buf_putc(out, *names);
	}
}

/* ---- kubeconfig ---- */

#define CLUSTER(more) "clusters: [{name: c, cluster: {server: \"https://x:6443\"" more "}}]\n"
#define USER(fields) "users: [{name: u, user: {" fields "}}]\n"
#define CONTEXT "contexts: [{name: x, context: {cluster: c, user: u, namespace: n}}]\n"
#define NOW "current-context: x\n"

static const struct {
	const char *a, *b; /* the files; NULL: there is none */
	const char *path;
	const char *context;
	const char *
		want; /* fields as "name=value "; or a part of the sentence if it begins with "!" */
} cases[] = {
	{ CLUSTER("") USER("token: t") CONTEXT NOW, NULL, "a", "",
	  "server=https://x:6443 namespace=n token=t " },
	{ "clusters: [{name: c, cluster: {server: \"http://x///\"}}]\n" USER("") CONTEXT NOW, NULL,
	  "a", "", "server=http://x namespace=n " },
	/* data, files, and what they are relative to */
	{ CLUSTER(", certificate-authority-data: Q0E=, tls-server-name: s, proxy-url: "
		  "\"http://p\", "
		  "insecure-skip-tls-verify: true")
		  USER("client-certificate-data: Q0VSVA==, client-key-data: S0VZ") CONTEXT NOW,
	  NULL, "a", "",
	  "server=https://x:6443 namespace=n proxy=http://p name=s ca=CA cert=CERT key=KEY "
	  "insecure " },
	{ CLUSTER(", certificate-authority: ca.crt")
		  USER("client-certificate: ./c.crt, client-key: "
		       "/k, tokenFile: ../t") CONTEXT NOW,
	  NULL, "a", "",
	  "server=https://x:6443 namespace=n ca_file=@/ca.crt cert_file=@/./c.crt key_file=/k "
	  "token_file=@/../t " },
	{ CLUSTER("") USER("username: me, password: secret") CONTEXT NOW, NULL, "a", "",
	  "server=https://x:6443 namespace=n username=me password=secret " },
	/* absent, null and empty are the same */
	{ CLUSTER(", proxy-url: null, certificate-authority-data: \"\"") USER("token: \"\"")
		  CONTEXT NOW,
	  NULL, "a", "", "server=https://x:6443 namespace=n " },
	/* contexts */
	{ CLUSTER("") USER("token: t") CONTEXT, NULL, "a", "x",
	  "server=https://x:6443 namespace=n token=t " },
	{ CLUSTER("") USER("token: t") "contexts: [{name: x, context: {cluster: c}}]\n" NOW, NULL,
	  "a", "", "server=https://x:6443 " },
	{ CLUSTER("") CONTEXT, NULL, "a", "", "!has no context" },
	{ CLUSTER("") CONTEXT NOW, NULL, "a", "y", "!has no context \"y\"" },
	{ CLUSTER("") CONTEXT NOW, NULL, "a", "", "!has no user \"u\", which context \"x\" names" },
	{ USER("") CONTEXT NOW, NULL, "a", "", "!has no cluster \"c\", which context \"x\" names" },
	/* several files: the first that says something wins, and each is relative to its own folder
	 */
	{ CLUSTER("") NOW,
	  "clusters: [{name: c, cluster: {server: \"https://other\"}}]\n" USER("token: t") CONTEXT
	  "current-context: y\n",
	  "a:b", "", "server=https://x:6443 namespace=n token=t " },
	{ CLUSTER("") USER("token: t") CONTEXT NOW, NULL, "c:a", "",
	  "server=https://x:6443 namespace=n token=t " },
	{ NULL, NULL, "b:c", "", "!no kubeconfig file is there" },
	{ NULL, NULL, "a", "", "!cannot be read: No such file" },
	/* plugins; what says who we are otherwise wins */
	{ CLUSTER("") USER(
		  "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./p, args: [a, 1, "
		  "true], env: [{name: N, value: v}]}") CONTEXT NOW,
	  NULL, "a", "", "server=https://x:6443 namespace=n exec=@/./p,a,1,true,N=v " },
	{ CLUSTER("") USER("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: p}")
		  CONTEXT NOW,
	  NULL, "a", "", "server=https://x:6443 namespace=n exec=p " },
	{ CLUSTER("") USER("token: t, exec: {apiVersion: no, command: p}") CONTEXT NOW, NULL, "a",
	  "", "server=https://x:6443 namespace=n token=t " },
	{ CLUSTER("") USER("exec: {command: p, apiVersion: client.authentication.k8s.io/v1alpha1}")
		  CONTEXT NOW,
	  NULL, "a", "",
	  "!user \"u\": exec.apiVersion is \"client.authentication.k8s.io/v1alpha1\"" },
	{ CLUSTER("") USER("exec: {apiVersion: client.authentication.k8s.io/v1}") CONTEXT NOW, NULL,
	  "a", "", "!exec.command is missing" },
	/* faults; a value is never repeated, it may be a secret */
	{ CLUSTER("") USER("token: 123") CONTEXT NOW, NULL, "a", "",
	  "!user \"u\": token is of type integer; it must be a string" },
	{ CLUSTER("") USER("client-key-data: \"***\"") CONTEXT NOW, NULL, "a", "",
	  "!user \"u\": client-key-data is not base64" },
	{ CLUSTER("") USER("token: \"a\\nb\"") CONTEXT NOW, NULL, "a", "",
	  "!token holds a line break or a NUL" },
	{ CLUSTER(", insecure-skip-tls-verify: \"yes\"") USER("") CONTEXT NOW, NULL, "a", "",
	  "!cluster \"c\": insecure-skip-tls-verify is of type string; it must be a boolean" },
	{ "clusters: [{name: c, cluster: {server: \"ftp://x\"}}]\n" USER("") CONTEXT NOW, NULL, "a",
	  "", "!cluster \"c\": server is \"ftp://x\"; it must be an http or https URL" },
	{ "clusters: [{name: c}]\n" USER("") CONTEXT NOW, NULL, "a", "", "!server is \"\"" },
	{ CLUSTER("") USER("as: root, token: t") CONTEXT NOW, NULL, "a", "",
	  "!as is not supported" },
	{ CLUSTER("") USER("auth-provider: {name: gcp}") CONTEXT NOW, NULL, "a", "",
	  "!auth-provider is not supported" },
	{ "a: [", NULL, "a", "", "!kubeconfig " },
	{ "", NULL, "a", "", "!has no context" },
	{ "clusters: 7\ncontexts: {a: b}\nusers: x\ncurrent-context: [1]\n", NULL, "a", "",
	  "!has no context" },
};

static void show(struct buf *out, const char *name, struct str value)
{
	const size_t len = strlen(folder);

	if (!value.len)
		return;
	buf_printf(out, "%s=", name);
	if (str_starts(value, folder)) {
		buf_putc(out, '@');
		value = str_slice(value, len, value.len);
	}
	buf_str(out, value);
	buf_putc(out, ' ');
}

static void show_exec(struct buf *out, const struct kube_exec *exec)
{
	struct buf text;

	buf_init(&text, BUF_MAX_TEXT);
	buf_str(&text, exec->command);
	for (size_t i = 0; exec->command.len && i < exec->args.n; i++)
		buf_printf(&text, "," STR_FMT, STR_ARG(exec->args.items[i]));
	for (size_t i = 0; exec->command.len && i < exec->env.n; i++)
		buf_printf(&text, "," STR_FMT "=" STR_FMT, STR_ARG(exec->env.items[i].key),
			   STR_ARG(exec->env.items[i].value));
	show(out, "exec", buf_view(&text));
	buf_clear(&text);
}

static void show_config(struct buf *out, const struct kube_config *c)
{
	buf_init(out, BUF_MAX_TEXT);
	show(out, "server", c->server);
	show(out, "namespace", c->namespace);
	show(out, "proxy", c->proxy_url);
	show(out, "name", c->tls_server_name);
	show(out, "ca", c->ca_data);
	show(out, "cert", c->cert_data);
	show(out, "key", c->key_data);
	show(out, "ca_file", c->ca_file);
	show(out, "cert_file", c->cert_file);
	show(out, "key_file", c->key_file);
	show(out, "token", c->token);
	show(out, "token_file", c->token_file);
	show(out, "username", c->username);
	show(out, "password", c->password);
	show_exec(out, &c->exec);
	if (c->insecure)
		buf_puts(out, "insecure ");
}

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kube_config config;
		struct err err = { "" };
		struct buf path, got;
		int rc;

		remove_folder(NULL);
		assert_int_equal(mkdir(folder, 0700), 0);
		if (cases[i].a)
			write_file("a", cases[i].a);
		if (cases[i].b)
			write_file("b", cases[i].b);
		expand(&path, cases[i].path);
		rc = kube_config_load(&config, buf_view(&path), str_from(cases[i].context), &err);
		if (cases[i].want[0] == '!') {
			assert_int_equal(rc, -1);
			if (!strstr(err.text, cases[i].want + 1))
				fail_msg("case %zu: %s", i, err.text);
		} else {
			if (rc)
				fail_msg("case %zu: %s", i, err.text);
			show_config(&got, &config);
			assert_string_equal(got.ptr, cases[i].want);
			buf_clear(&got);
		}
		kube_config_clear(&config);
		buf_clear(&path);
	}
}

static void test_many_files(void **state)
{
	struct kube_config config;
	struct err err = { "" };
	struct buf path;

	(void)state;
	write_file("a", NOW);
	buf_init(&path, BUF_MAX_TEXT);
	for (int i = 0; i < 17; i++)
		buf_printf(&path, "%s/a:", folder);
	assert_int_equal(kube_config_load(&config, buf_view(&path), STR(""), &err), -1);
	assert_non_null(strstr(err.text, "more than 16"));
	buf_clear(&path);
}

static void test_in_cluster(void **state)
{
	struct kube_config config;
	struct err err = { "" };

	(void)state;
	unsetenv("KUBERNETES_SERVICE_HOST");
	assert_int_equal(kube_config_in_cluster(&config, &err), -1);
	assert_non_null(strstr(err.text, "this is not a pod"));
	setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "6443", 1);
	assert_int_equal(kube_config_in_cluster(&config, &err), 0);
	assert_string_equal(config.server.ptr, "https://10.96.0.1:6443");
	assert_true(config.ca_file.len && config.token_file.len);
	kube_config_clear(&config);
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	unsetenv("KUBERNETES_SERVICE_PORT");
	assert_int_equal(kube_config_in_cluster(&config, &err), 0);
	assert_string_equal(config.server.ptr, "https://[fd00::1]:443");
	kube_config_clear(&config);
}

/* ---- credentials ---- */

#define PEM "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"

/* The config of a kubeconfig that has only this user. */
static void load(struct kube_config *config, const char *user)
{
	struct err err = { "" };
	struct buf text, path;

	buf_init(&text, BUF_MAX_TEXT);
	buf_printf(&text,
		   CLUSTER(", certificate-authority-data: Q0E=") "users: [{name: u, user: "
								 "{%s}}]\n" CONTEXT NOW,
		   user);
	write_file("a", text.ptr);
	expand(&path, "a");
	if (kube_config_load(config, buf_view(&path), STR(""), &err))
		fail_msg("%s", err.text);
	buf_clear(&text);
	buf_clear(&path);
}

static void test_credential_files(void **state)
{
	static const struct {
		const char *token, *pem,
			*want; /* want: the token, or a part of the sentence after "!" */
	} files[] = {
		{ "abc", PEM, "abc" },
		{ " abc\r\n\n", PEM, "abc" },
		{ "", PEM, "" },
		{ "a\nb", PEM, "!the token holds a line break" },
		{ "abc", "", "!holds no PEM" },
		{ "abc", "half a fi", "!holds no PEM" },
		{ NULL, PEM, "!token cannot be read: No such file" },
		{ "abc", NULL, "!pem cannot be read: No such file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct kube_credentials got;
		struct kube_config config;
		struct err err = { "" };

		remove_folder(NULL);
		assert_int_equal(mkdir(folder, 0700), 0);
		load(&config, "tokenFile: token, client-certificate: pem, client-key: pem");
		if (files[i].token)
			write_file("token", files[i].token);
		if (files[i].pem)
			write_file("pem", files[i].pem);
		if (files[i].want[0] == '!') {
			assert_int_equal(kube_credentials_read(&config, &got, &err), -1);
			if (!strstr(err.text, files[i].want + 1))
				fail_msg("case %zu: %s", i, err.text);
		} else {
			assert_int_equal(kube_credentials_read(&config, &got, &err), 0);
			assert_true(str_is(got.token, files[i].want));
			assert_true(str_is(got.ca, "CA") && str_is(got.cert, PEM) &&
				    str_is(got.key, PEM));
			kube_credentials_clear(&got);
		}
		kube_config_clear(&config);
	}
}

#define ANSWER(status)                                                          \
	"#!/bin/sh\nprintf %s '{\"kind\": \"ExecCredential\", \"apiVersion\": " \
	"\"client.authentication.k8s.io/v1\", \"status\": {" status "}}'\n"

/* Waits for it as the loop of a room does. */
static int ask_plugin(const struct kube_config *config, struct kube_credentials *got,
		      struct err *err)
{
	struct kube_exec_run run = { 0 };
	int rc;

	assert_int_equal(kube_credentials_read(config, got, err), 0);
	rc = kube_exec_start(&run, config, got->ca, err);
	while (!rc && (rc = kube_exec_step(&run, config, got, err)) > 0) {
		struct pollfd wait[] = { { run.out, POLLIN, 0 }, { run.helper.fd, POLLIN, 0 } };

		assert_true(poll(wait, 2, 10000) > 0);
		rc = 0;
	}
	assert_false(run.runs);
	kube_exec_close(&run);
	if (!rc)
		rc = kube_credentials_check(got, err);
	if (rc)
		kube_credentials_clear(got);
	return rc;
}

static void test_plugins(void **state)
{
	static const struct {
		const char *script,
			*want; /* "token cert expires", or a part of the sentence after "!" */
	} plugins[] = {
		{ ANSWER("\"token\": \"t\""), "t - 0" },
		{ ANSWER("\"token\": \"t\", \"expirationTimestamp\": \"2001-09-09T01:46:40Z\""),
		  "t - 1000000000" },
		{ ANSWER("\"token\": \"t\", \"expirationTimestamp\": "
			 "\"2001-09-09T03:46:40.5+02:00\""),
		  "t - 1000000000" },
		{ ANSWER("\"token\": \"t\", \"expirationTimestamp\": \"soon\""), "t - 0" },
		{ ANSWER("\"clientCertificateData\": \"C\", \"clientKeyData\": \"K\""), "- C 0" },
		{ ANSWER("\"clientCertificateData\": \"C\""), "!a certificate or a key alone" },
		{ ANSWER(""), "!neither a token nor a certificate" },
		{ ANSWER("\"token\": \"a\\nb\""), "!the token holds a line break" },
		{ "#!/bin/sh\necho '{}'\n", "!printed no ExecCredential" },
		{ "#!/bin/sh\necho not json\n", "!is not JSON" },
		{ "#!/bin/sh\necho secret; exit 3\n", "!ended with status 3" },
		{ "#!/bin/sh\nkill -9 $$\n", "!was ended by signal 9" },
		{ "#!/bin/sh\ntest \"$1\" = one && test \"$N\" = v && test \"$PATH\" && read x "
		  "|| " ANSWER("\"token\": \"t\""),
		  "t - 0" }, /* standard input is empty */
		{ "#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" | grep -q "
		  "'\"server\":\"https://x:6443\".*\"Q0E=\"' && "
		  "head -c 2000000 /dev/zero\n",
		  "!is not JSON" },
		{ NULL, "!cannot be started: No such file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++) {
		struct kube_credentials got;
		struct kube_config config;
		struct err err = { "" };
		char text[64];
		int rc;

		remove_folder(NULL);
		assert_int_equal(mkdir(folder, 0700), 0);
		load(&config, "exec: {apiVersion: client.authentication.k8s.io/v1, command: "
			      "./plugin, args: [one], "
			      "provideClusterInfo: true, env: [{name: N, value: v}]}");
		if (plugins[i].script)
			write_file("plugin", plugins[i].script);
		rc = ask_plugin(&config, &got, &err);
		if (plugins[i].want[0] == '!') {
			assert_int_equal(rc, -1);
			if (!strstr(err.text, plugins[i].want + 1) || strstr(err.text, "secret"))
				fail_msg("case %zu: %s", i, err.text);
		} else {
			if (rc)
				fail_msg("case %zu: %s", i, err.text);
			snprintf(text, sizeof(text), STR_FMT " " STR_FMT " %lld",
				 STR_ARG(got.token.len ? got.token : STR("-")),
				 STR_ARG(got.cert.len ? got.cert : STR("-")),
				 (long long)got.expires);
			assert_string_equal(text, plugins[i].want);
			kube_credentials_clear(&got);
		}
		kube_config_clear(&config);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),      cmocka_unit_test(test_many_files),
		cmocka_unit_test(test_in_cluster), cmocka_unit_test(test_credential_files),
		cmocka_unit_test(test_plugins),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
