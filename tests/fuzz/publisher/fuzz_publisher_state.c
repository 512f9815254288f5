/* fuzz_publisher_state: bytes as what a state file holds.
 *
 * Input: bodies of records, each behind two bytes of length; the checksums are made here, since no
 * mutation finds them. What is taken can be rendered and saved again. */
#include "publisher/file/state_file.h"
#include "publisher/wanted/render.h"

#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char title[] = "sluice publisher state 1\n";

static void frame(const uint8_t *data, size_t size, struct buf *out)
{
	buf_puts(out, title);
	while (size >= 2) {
		size_t len = (size_t)data[0] | (size_t)data[1] << 8;
		struct hash hash;
		unsigned char head[4];

		len = len < size - 2 ? len : size - 2;
		hash = hash_of((struct str){ (const char *)data + 2, len });
		for (size_t i = 0; i < 4; i++)
			head[i] = (unsigned char)(len >> (8 * i));
		buf_add(out, head, 4);
		buf_add(out, hash.bytes, HASH_LEN);
		buf_add(out, data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
}

static void write_file(const char *path, const struct buf *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (fd < 0 || write(fd, text->ptr, text->len) != (ssize_t)text->len)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wanted *wanted = publisher_wanted_new(NULL);
	struct state_changes none = { 0 };
	struct snapshot all;
	struct state_file state;
	struct buf text;
	struct err err;
	char path[64];

	snprintf(path, sizeof(path), "/dev/shm/fuzz-state-%d", (int)getpid());
	buf_init(&text, BUF_MAX_FILE);
	frame(data, size, &text);
	write_file(path, &text);
	if (publisher_state_file_open(&state, path, &err) < 0)
		abort();
	publisher_state_file_load(&state, wanted, &err);
	buf_reset(&text);
	if (publisher_render_all(wanted, WANTED_JSON, &text, &err) < 0)
		abort();
	publisher_snapshot_take(&all, wanted);
	if (publisher_state_file_save(&state, &none, &all, &err) < 0)
		abort();
	publisher_snapshot_let_go(&all, wanted);
	publisher_state_file_close(&state);
	publisher_wanted_destroy(&wanted);
	buf_clear(&text);
	unlink(path);
	return 0;
}
