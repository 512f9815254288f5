/* zap: tells ZeroMQ which connections may pass.
 *
 *   in     questions on an inproc socket: address, mechanism, public key
 *   out    yes to a key that may connect, with the key as the name of the user; else no
 *   owns   the socket
 *   never  lets a connection pass while it does not know the keys
 */
#include "actor/link/zap.h"

#include <czmq.h>
#include <string.h>

#include "actor/link/link_table.h"

#define PARTS 7
#define PART_MAX 256

struct zap_question {
	size_t n;
	struct {
		char bytes[PART_MAX];
		size_t len;
	} parts[PARTS]; /* version, request, domain, address, identity, mechanism, key */
};

/* False: there is none. What is too long or too much is cut; the answer is then no. */
static bool read_question(void *sock, struct zap_question *question)
{
	size_t len = sizeof(int);
	int more = 1;

	*question = (struct zap_question){ 0 };
	while (more) {
		size_t i = question->n < PARTS ? question->n : PARTS - 1;
		int got = zmq_recv(sock, question->parts[i].bytes, PART_MAX - 1, ZMQ_DONTWAIT);

		if (got < 0)
			return false;
		question->parts[i].len = (size_t)got < PART_MAX ? (size_t)got : 0;
		question->parts[i].bytes[question->parts[i].len] = '\0';
		question->n++;
		if (zmq_getsockopt(sock, ZMQ_RCVMORE, &more, &len) < 0)
			return false;
	}
	return true;
}

/* What we call the client: its public key. The domain is the name of the link. */
static bool may_connect(const struct curve *curve, const struct zap_question *question,
			struct curve_key *key)
{
	const enum msg_link link = actor_link_named(question->parts[2].bytes);

	if (question->n != PARTS || strcmp(question->parts[5].bytes, "CURVE") != 0 ||
	    question->parts[6].len != 32)
		return false;
	zmq_z85_encode(key->text, (const uint8_t *)question->parts[6].bytes, 32);
	return link < N_LINKS && actor_curve_admits(curve, key, actor_link_dealer(link));
}

static void answer(void *sock, const struct zap_question *question, bool good,
		   const struct curve_key *key)
{
	const int more = ZMQ_SNDMORE | ZMQ_DONTWAIT;

	zmq_send(sock, "1.0", 3, more);
	zmq_send(sock, question->parts[1].bytes, question->parts[1].len, more);
	zmq_send(sock, good ? "200" : "400", 3, more);
	zmq_send(sock, "", 0, more);
	zmq_send(sock, key->text, good ? CURVE_KEY_LEN : 0, more);
	zmq_send(sock, "", 0, ZMQ_DONTWAIT);
}

void actor_zap_on_question(struct zap *zap)
{
	struct zap_question question;

	while (read_question(zap->sock, &question)) {
		struct curve_key key = { "" };
		bool good = may_connect(zap->curve, &question, &key);

		answer(zap->sock, &question, good, &key);
		if (!good)
			actor_strangers_on_key(
				zap->strangers, question.n > 2 ? question.parts[2].bytes : "-",
				question.n > 3 ? question.parts[3].bytes : "-", key.text);
	}
}

int actor_zap_open(struct zap *zap, const struct curve *curve, struct strangers *strangers,
		   struct err *err)
{
	int linger = 0;

	*zap = (struct zap){ .curve = curve, .strangers = strangers };
	if (!(curve->needs & CURVE_BINDS))
		return 0;
	zap->sock = zmq_socket(zsys_init(), ZMQ_REP);
	if (zap->sock && zmq_setsockopt(zap->sock, ZMQ_LINGER, &linger, sizeof(linger)) == 0 &&
	    zmq_bind(zap->sock, "inproc://zeromq.zap.01") == 0)
		return 0;
	return err_set(err, "the socket that says who may connect cannot be made: %s",
		       zmq_strerror(errno));
}

void actor_zap_close(struct zap *zap)
{
	if (zap->sock)
		zmq_close(zap->sock);
	zap->sock = NULL;
}
