/* test_ppl_sshkey: the SSH public key in authorized_keys text: what is taken, and what is
 * refused. The keys were made for this file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pool.h"
#include "translator/ppl/ppl.h"

static const struct {
	const char *type, *base64;
} keys[] = {
	{ "ssh-rsa", "AAAAB3NzaC1yc2EAAAADAQABAAAAgQDbBPpzUwDZjaetPnIxpCRqTMOzOxRhyLsp+Vf+7i1Qkg2w"
		     "4ZdXXr67x0C1To7MXOnGAbzvCFcBU7mebfsniSB25GIc5NEOHAPwADe/kmEBC/8AJVO2ktD72jPn"
		     "pVpoC1PfawrO+Dl7Ae3BEbf4VRMMFPnmigmGOTEm4c/wIpbQNw==" },
	{ "ecdsa-sha2-nistp256",
	  "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBIy7XkQ/ZHganhqfRk8CzqZg"
	  "x2lFCbRr0wkEXqxt4jgTjMKWKzssuQSjsQf8CQa5AmklIgTJO8veavYPXgB84zg=" },
	{ "ecdsa-sha2-nistp384",
	  "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBG/ZC1ztdoWt+zjt+gWtU//H"
	  "bhwq9mX4khVqlIUXKTbimKb3XjuloQ6N/J9rNiK+v8Z3qCJKMoI+E3KmHXgNX43kBTvdYVCUX3y8"
	  "f3S+rQTI2XU/JkeU3vy7ev93JuaKTg==" },
	{ "ecdsa-sha2-nistp521",
	  "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAH43Xi9wPyAEy6ROuhT7/cU"
	  "K0XGRq81HcrgVwfHad9JVVctMsUdZlDsTctq0bOnKTILnOoSe2L2MZXx4e9sqNAJrQEcOT4u3QiD"
	  "/KVA9KpehocUzXYmM9uDAk0q8IguXLiBmTryRGtoIasEHNR3n6V8iXeQEhjWv/6eBbrLiOwZ3/zr"
	  "oQ==" },
	{ "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIEL2jUTW8YnyJJ644/Fnk8FweObJAfZaYU6MePvdbUhZ" },
	{ "ssh-dss", "AAAAB3NzaC1kc3MAAACBAIiQQiUb8ul5zS5YacvcIVRFzd2lpPFB6JfcGJKxXubEekx0lsdvLsRH"
		     "e9FuT/sl7N8fBgyuexPWUFel3/o1OFSMq5U5G2Z1hkjrJd+i7i0589t+5uO9+ZMU11dWyNo5e0Nm"
		     "arty9kIsTlcUp7+YHx480oa68IbhrGMLRZ4gmtDtAAAAFQDhe/toO189yfKGZzfN4PBBpnG3XQAA"
		     "AIBvzZxTbrm5y/Ax70SORY7cOFnS3+qf7/zvFDLqkquExLxdHUpM2bZNS6N8ih7j6pv4MVhCcq5M"
		     "N13KqyZ4E11M041FILK1Gl9/UEYGDZ/L8iL7aflhSv5vljJGRtM7fGM5s4A3Q9mOXAc1xZvTQRnc"
		     "0Gv1J9Rw3JZz+h/myRm+7wAAAIBX/y2QXXaA8Ii5bR1VOawHr18JjdMyw6VThaLpdKjIfa+sxD6L"
		     "84r3I2iZOR0YQxEfeBctzyCHyI07jnblSDKnJmUrsP/0/q5Ti06BuEPs+wd6qLyBggvsWnstGXJy"
		     "OZQz6rTxxYTfracooAXSJuJiZ67H6pOZEVFkfJuHtfqrwA==" },
	{ "sk-ecdsa-sha2-nistp256@openssh.com",
	  "AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBPhl"
	  "k2YLyNPQZlkBPOOBaMUYGIL+3mdyftEKhUpTek0IuocayTDgHXV886aPY8yKXZcaBQP4s7BRsDS4"
	  "XGKYMW8AAAAEc3NoOg==" },
	{ "sk-ssh-ed25519@openssh.com",
	  "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIEL2jUTW8YnyJJ644/Fnk8FweObJAfZa"
	  "YU6MePvdbUhZAAAABHNzaDo=" },
	{ "ecdsa-sha2-nistp256-cert-v01@openssh.com",
	  "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20AAAAgwFru4Q15Hf5b"
	  "qiRVr6sTnF7sG30IDIbZw1I/oddbwlUAAAAIbmlzdHAyNTYAAABBBIy7XkQ/ZHganhqfRk8CzqZg"
	  "x2lFCbRr0wkEXqxt4jgTjMKWKzssuQSjsQf8CQa5AmklIgTJO8veavYPXgB84zgAAAAAAAAABwAA"
	  "AAEAAAACbWUAAAAKAAAAAWEAAAABYgAAAAAAAAAA//////////8AAAAAAAAAEgAAAApwZXJtaXQt"
	  "cHR5AAAAAAAAAAAAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIEL2jUTW8YnyJJ644/Fnk8FweObJAfZa"
	  "YU6MePvdbUhZAAAAUwAAAAtzc2gtZWQyNTUxOQAAAEDQ8DGc+CkA6UKL+HWKVviRe7BbPEp1as0J"
	  "n/CJ4RHRzzMpHCViQT84eDzOhoZMjQjuQwwWxv6gAOts9kDIb1EN" },
	{ "ssh-ed25519-cert-v01@openssh.com",
	  "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIKwXeOnzrq8/WDBpW/+kkIrd"
	  "oWGAPHvTdfxFX1Sm1tFvAAAAIEL2jUTW8YnyJJ644/Fnk8FweObJAfZaYU6MePvdbUhZAAAAAAAA"
	  "AAcAAAABAAAAAm1lAAAACgAAAAFhAAAAAWIAAAAAAAAAAP//////////AAAAAAAAABIAAAAKcGVy"
	  "bWl0LXB0eQAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACBC9o1E1vGJ8iSeuOPxZ5PBcHjm"
	  "yQH2WmFOjHj73W1IWQAAAFMAAAALc3NoLWVkMjU1MTkAAABAN3HxNx9/GjjoqPTZWaKT7/O/qCK+"
	  "vWQSfYa84MaAgxf7Kexp8h4im/Z4hlJPSEdkh+w/enQPZzViQyo8PbZHBg==" },
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

/* wanted NULL: refused */
static void assert_key(struct str text, const char *wanted)
{
	struct buf out;
	int rc;

	buf_init(&out, BUF_MAX_TEXT);
	rc = translator_ppl_sshkey_encode(text, &out);
	if ((rc == 0) != (wanted != NULL))
		fail_msg("%s: %.*s", rc ? "refused" : "accepted", STR_ARG(text));
	if (wanted)
		assert_true(str_is(buf_view(&out), wanted));
	buf_clear(&out);
}

static void test_lines(void **state)
{
	static const struct {
		const char *before, *behind;
		bool good;
	} lines[] = {
		{ "", "", true },
		{ "  ", "\r\n", true },
		{ "", " ada@laptop with blanks", true },
		{ "no-pty ", "", true },
		{ "command=\"a b\",no-pty ", " ada", true },
		{ "command=\"a \\\" b\" ", "", true },
		{ "# a comment\n\nrubbish\n", "\nmore", true },
		{ "command=\"a b ", "", false },
		{ "a b ", "", false },
		{ "# ", "", false },
		{ "x", "", false },
		{ "", "=", false },
		{ "", "AAAA", false },
	};
	struct pool pool;

	(void)state;
	pool_init(&pool);
	for (size_t k = 0; k < N_KEYS; k++) {
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			assert_key(pool_printf(&pool, "%s%s %s%s", lines[i].before, keys[k].type,
					       keys[k].base64, lines[i].behind),
				   lines[i].good ? keys[k].base64 : NULL);
		assert_key(str_from(keys[k].base64), NULL);
		assert_key(str_from(keys[k].type), NULL);
		/* the type in front must be the one inside */
		assert_key(pool_printf(&pool, "%s %s", keys[(k + 1) % N_KEYS].type, keys[k].base64),
			   NULL);
	}
	pool_clear(&pool);
}

/* No prefix of a key is a key, and no key may be followed by anything. */
static void test_cut(void **state)
{
	struct pool pool;
	struct buf wire, line;

	(void)state;
	pool_init(&pool);
	for (size_t k = 0; k < N_KEYS; k++) {
		buf_init(&wire, BUF_MAX_TEXT);
		assert_int_equal(buf_unbase64(&wire, str_from(keys[k].base64)), 0);
		buf_putc(&wire, 'x');
		for (size_t len = 0; len <= wire.len; len++) {
			if (len + 1 == wire.len)
				continue;
			buf_init(&line, BUF_MAX_TEXT);
			buf_printf(&line, "%s ", keys[k].type);
			buf_base64(&line, str_slice(buf_view(&wire), 0, len));
			assert_key(buf_view(&line), NULL);
			buf_clear(&line);
		}
		buf_clear(&wire);
	}
	pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
