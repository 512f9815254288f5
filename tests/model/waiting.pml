/* waiting: a Secret is rotated while CONFIGs that name its values are on their way.
 *
 * Two owners refer to one Secret. SECRET_PUT comes on the state link, CONFIG on another one, so
 * either may be first. A value is kept while it is the present one or a good configuration holds
 * it; one that nobody holds may be swept (SWEEPS). A CONFIG whose value has not come waits: one an
 * owner, ROOM in all.
 *
 * Left out: the barrier, deletions (core.pml); other reasons to reject; Secrets with several keys,
 * which SECRET_PUT brings together. A wait that lasts too long is told to people, no more. */
#include "common.pml"

#ifndef ROTATIONS
#define ROTATIONS 2
#endif
#ifndef CUTS
#define CUTS 0
#endif
#ifndef SWEEPS
#define SWEEPS 1
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef LATE
#define LATE 1 /* waits that last too long */
#endif
#define ROOM 1
#define JOBS 14

byte rotations = ROTATIONS, cuts = CUTS, sweeps = SWEEPS, losses = LOSSES, late = LATE;
mtype = { HELLO_KEY, PUT, ACK, WANTED };
chan to_publisher = [5] of { mtype, byte };     /* PUT value */
chan to_resolver = [8] of { mtype, byte, byte }; /* HELLO_KEY - key; ACK owner number; WANTED - - */

byte value = 1; /* of the Secret, as the resolver knows it */
bit r_up, r_put;
byte r_key, r_number;
bit r_todo[2];
byte r_flying[2], r_since[2];

typedef job_t {
	bit flying, owner;
	byte names, key; /* the value whose HMAC is in its ticket */
};
job_t job[JOBS + 1];

byte p_key, keys;
byte p_had[2];
byte p_value;    /* the value of the last SECRET_PUT; 0: none, or swept */
byte good[2];    /* the value in the configuration that is published; 0: none */
byte waits[2];   /* the value that the CONFIG in the wait names; 0: none */
bit p_asked;     /* not to be asked again before some time has passed */
bit p_again;     /* that was done: an ACK may be missed for longer than an answer */

#define IN_VAULT(v) (v == p_value || v == good[0] || v == good[1])
#define HAS_ROOM(o) (waits[o] || (waits[0] > 0) + (waits[1] > 0) < ROOM)
#define WAITING (waits[0] || waits[1])
#ifndef NO_ASK_AGAIN
#define NEVER_AGAIN false
#else
#define NEVER_AGAIN true
#endif
#define AT_REST (len(to_publisher) + len(to_resolver) == 0)

/* ---- the resolver ---- */

inline r_restart(o)
{
	r_todo[o] = 1;
	r_flying[o] = 0;
	r_since[o] = 0
}

inline r_dispatch(o)
{
	r_todo[o] = 0;
	r_number++;
	PROMISE(ends, r_number <= JOBS);
	r_flying[o] = r_number;
	r_since[o] = (r_since[o] -> r_since[o] : r_number);
	job[r_number].flying = 1;
	job[r_number].owner = o;
	job[r_number].names = value;
	job[r_number].key = r_key;
	SAY("resolver: BUNDLE owner%d number=%d value=%d\n", o, r_number, value)
}

#define DISPATCH(o) :: d_step { r_key && !r_put && r_todo[o] && !r_flying[o] -> r_dispatch(o) }
/* No ACK in time, and none on its way. */
#define TIMEOUT(o) :: d_step { \
	r_key && r_flying[o] && !job[r_flying[o]].flying && AT_REST && !r_put && \
	(p_again || !WAITING || NEVER_AGAIN) -> \
	r_flying[o] = 0; \
	r_todo[o] = 1; \
	p_again = 0 }

proctype Resolver()
{
	byte o, n;

end:
	do
	:: d_step { !r_up ->
		r_up = 1;
		r_key = 0;
		keys++;
		p_key = keys;
		to_resolver ! HELLO_KEY(0, p_key) }
	:: d_step { nempty(to_resolver) ->
		if
		:: to_resolver ? HELLO_KEY(o, n) ->
			r_key = n;
			r_put = 1;
			r_restart(0);
			r_restart(1)
		:: to_resolver ? ACK(o, n) ->
			if
			:: r_flying[o] == n -> r_flying[o] = 0
			:: r_flying[o] != n && r_since[o] && n >= r_since[o] ->
				r_flying[o] = 0;
				r_todo[o] = 0
			:: else
			fi
		:: to_resolver ? WANTED(o, n) -> r_put = 1
		fi;
		o = 0;
		n = 0 }
	:: d_step { r_key && r_put && nfull(to_publisher) ->
		r_put = 0;
		to_publisher ! PUT(value);
		SAY("resolver: SECRET_PUT %d\n", value) }
	DISPATCH(0) DISPATCH(1)
#ifndef NO_REDELIVERY
	TIMEOUT(0) TIMEOUT(1)
#endif
	od
}

/* ---- the publisher ---- */

inline p_ack(o, n)
{
	if
	:: r_up -> to_resolver ! ACK(o, n)
	:: else
	fi
}

inline p_ask()
{
	p_asked = 1;
	if
	:: r_up -> to_resolver ! WANTED(0, 0); SAY("publisher: SECRET_WANTED\n")
	:: else
	fi
}

inline p_adopt(o, v)
{
	waits[o] = 0;
	p_asked = p_asked && WAITING;
	p_again = p_again && WAITING;
#ifndef NO_HMAC
	good[o] = v
#else
	good[o] = p_value
#endif
	;
	PROMISE(value, good[o] == v);
	SAY("publisher: owner%d has value %d\n", o, v)
}

inline p_config(o, n, v)
{
	SAY("publisher: CONFIG owner%d number=%d value=%d (had %d)\n", o, n, v, p_had[o]);
	if
	:: n <= p_had[o] -> p_ack(o, n)
#ifndef NO_HMAC
	:: n > p_had[o] && IN_VAULT(v) -> p_had[o] = n; p_ack(o, n); p_adopt(o, v)
#else
	:: n > p_had[o] && p_value -> p_had[o] = n; p_ack(o, n); p_adopt(o, v)
#endif
	:: else ->
		if
		:: HAS_ROOM(o) ->
			SEEN(waits);
			p_had[o] = n;
			waits[o] = v;
			p_ack(o, n);
			if
			:: !p_asked -> p_ask()
			:: else
			fi
		:: else ->
			SEEN(no_room);
#ifdef NO_ROOM
			p_had[o] = n;
			p_ack(o, n);
#endif
			skip
		fi
	fi
}

inline p_release(o)
{
	if
	:: waits[o] == p_value -> SEEN(released); p_adopt(o, p_value)
	:: else
	fi
}

inline clear_job(n)
{
	job[n].flying = 0;
	job[n].owner = 0;
	job[n].names = 0;
	job[n].key = 0
}

#define TAKE(k) :: d_step { job[k].flying && len(to_resolver) <= 6 -> \
	if \
	:: job[k].key == p_key -> o = job[k].owner; p_config(o, k, job[k].names) \
	:: else -> SEEN(old_key) \
	fi; \
	o = 0; \
	clear_job(k) }

proctype Publisher()
{
	bit o;

end:
	do
	:: d_step { nempty(to_publisher) && nfull(to_resolver) ->
		to_publisher ? PUT(p_value);
		p_release(0);
		p_release(1);
		if
		:: WAITING -> SEEN(not_that_value)
		:: else
		fi;
#ifdef NO_PACE
		if
		:: WAITING -> p_ask()
		:: else
		fi
#endif
		}
	TAKE(1) TAKE(2) TAKE(3) TAKE(4) TAKE(5) TAKE(6) TAKE(7)
	TAKE(8) TAKE(9) TAKE(10) TAKE(11) TAKE(12) TAKE(13) TAKE(14)
	/* it has not come for some time */
#ifndef NO_ASK_AGAIN
	:: d_step { WAITING && r_up && AT_REST && !r_put && !p_again -> p_again = 1; p_ask() }
#endif
	:: d_step { late > 0 && WAITING ->
		late--;
		SAY("publisher: a value does not come\n");
#ifdef NO_KEEP
		waits[0] = 0;
		waits[1] = 0;
		p_asked = 0;
		p_again = 0;
#endif
		SEEN(late) }
	:: d_step { sweeps > 0 && p_value && good[0] != p_value && good[1] != p_value ->
		sweeps--;
		p_value = 0;
		SAY("publisher: sweeps\n") }
	od
}

#define LOSE(k) :: d_step { job[k].flying && losses > 0 -> losses--; clear_job(k) }

init
{
	atomic {
		run Resolver();
		run Publisher()
	};
	do
	:: d_step { rotations > 0 ->
		rotations--;
		value++;
		SAY("cluster: the Secret is rotated, value %d\n", value);
		r_put = 1;
		r_todo[0] = 1; r_since[0] = 0;
		r_todo[1] = 1; r_since[1] = 0 }
	:: d_step { cuts > 0 && r_up ->
		cuts--;
		r_up = 0;
		r_key = 0;
		do
		:: nempty(to_publisher) -> to_publisher ? _, _
		:: empty(to_publisher) -> break
		od;
		do
		:: nempty(to_resolver) -> to_resolver ? _, _, _
		:: empty(to_resolver) -> break
		od;
		SAY("world: the state link is cut\n") }
	LOSE(1) LOSE(2) LOSE(3) LOSE(4) LOSE(5) LOSE(6) LOSE(7)
	LOSE(8) LOSE(9) LOSE(10) LOSE(11) LOSE(12) LOSE(13) LOSE(14)
	:: break
	od;
	timeout ->
	PROMISE(acknowledged, !r_todo[0] && !r_todo[1] && !r_flying[0] && !r_flying[1]);
	PROMISE(converges, good[0] == value && good[1] == value && !WAITING);
	SEEN(rest);
progress: end_at_rest:
	false
}
