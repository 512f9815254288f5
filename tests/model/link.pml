/* link: HELLO, numbers, HEARTBEAT, credit and RESYNC on one link that is cut.
 *
 * Each room tells the other how often it has changed: at each change, and anew after each HELLO.
 * A cut takes all that the DEALER has not read (libzmq 4.3 does so: measured) and the tail of what
 * the ROUTER has not. The next connection is there at once, before either end knows of the cut.
 * Either process may be killed (KILLS). A message may be lost alone (DROPS), which ZeroMQ does not
 * do.
 *
 * Left out: other peers; parts of a message; the waits between HELLOs; a room that does not read;
 * heartbeats that tell nothing new. */
#include "common.pml"

#ifndef CHANGES
#define CHANGES 3
#endif
#ifndef CHANGES_BACK
#define CHANGES_BACK 1
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef DROPS
#define DROPS 0
#endif
#ifndef EARLY
#define EARLY 0
#endif
#define WINDOW 2 /* credit that the ROUTER grants */

mtype = { HELLO, DATA, BEAT, CREDIT, RESYNC };
/* HELLO session epoch; DATA number value; BEAT last; CREDIT more. The third byte is a ghost: the
 * session that it was sent in. The fourth is the connection, which the ROUTER sees. */
chan up_line = [7] of { mtype, byte, byte, byte, byte };
chan down_line = [7] of { mtype, byte, byte, byte };
byte connection = 1;
byte changes = CHANGES, changes_back = CHANGES_BACK, early = EARLY;
byte cuts = CUTS, kills = KILLS, drops = DROPS;

/* ---- the end that connects ---- */

byte d_epoch = 1, d_session; /* HELLOs said */
bit d_up, d_hello = 1;       /* one is due */
bit d_waits;                 /* for the answer to one */
bit d_news;                  /* the monitor has something about the connection */
byte d_sent, d_taken, d_credit;
byte d_value, d_heard; /* what it has to say, what it was told */
chan d_queue = [5] of { byte };

/* ---- the end that binds ---- */

byte r_epoch = 1;
bit r_known, r_up;
bit r_routes = 1; /* what is sent to the peer's id goes somewhere */
byte r_session, r_peer, r_connection;
byte r_sent, r_taken, r_owed, r_granted;
byte r_value, r_heard;

#ifndef NO_WAIT_FOR_CREDIT
#define HAS_CREDIT (d_credit > 0)
#else
#define HAS_CREDIT true
#endif
#define AT_REST (len(up_line) + len(down_line) == 0)

inline d_send(type, x, y)
{
	up_line ! type(x, y, d_session, connection)
}

inline r_send(type, x, y)
{
	if
	:: r_routes -> down_line ! type(x, y, r_session)
	:: else -> r_known = 0; r_up = 0; SEEN(unroutable)
	fi
}

inline d_restart()
{
	d_up = 0;
	d_hello = 1;
	d_waits = 0;
	do
	:: nempty(d_queue) -> d_queue ? _
	:: empty(d_queue) -> break
	od
}

inline r_restart()
{
	SAY("router: RESYNC\n");
	r_up = 0;
	r_owed = 0;
	r_send(RESYNC, 0, 0)
}

inline d_on_hello(a, b)
{
	if
#ifndef NO_ANSWER_SESSION
	:: a != d_session || d_up -> SEEN(late_answer)
#else
	:: d_up -> skip
#endif
	:: else ->
		SAY("dealer: is up, session %d\n", a);
		d_up = 1;
		d_hello = 0;
		d_waits = 0;
		d_sent = 0;
		d_taken = 0;
		d_credit = WINDOW;
#ifndef NO_ALL_AGAIN
		d_queue ! d_value
#endif
	fi
}

inline d_on_data(a, b, session)
{
	if
#ifndef NO_GAP
	:: a != d_taken + 1 -> SEEN(gap_at_dealer); d_restart()
#endif
	:: else ->
		PROMISE(order, session == d_session && a == d_taken + 1);
		d_taken++;
		d_heard = b;
		SAY("dealer: is told %d\n", b)
	fi
}

inline r_on_hello(a, b, on)
{
	if
	:: r_known && r_peer == b && a <= r_session -> skip
#ifdef NO_RECONNECT
	:: r_known && r_connection != on -> skip
#endif
	:: else ->
		SAY("router: HELLO session %d of epoch %d\n", a, b);
		r_known = 1;
		r_peer = b;
		r_session = a;
		r_connection = on;
		r_sent = 0;
		r_taken = 0;
		r_owed = 0;
		r_granted = WINDOW;
		r_up = 1;
		r_send(HELLO, a, r_epoch);
		r_tell()
	fi
}

inline r_tell()
{
	if
	:: r_up -> r_sent++; r_send(DATA, r_sent, r_value)
	:: else
	fi
}

inline r_on_data(a, b, session)
{
	if
#ifndef NO_GAP
	:: a != r_taken + 1 -> SEEN(gap_at_router); r_restart()
#endif
	:: else ->
		PROMISE(order, session == r_session && a == r_taken + 1);
		PROMISE(credit, r_granted > 0);
		r_granted--;
		r_owed++;
		r_taken++;
		r_heard = b;
		SAY("router: is told %d\n", b)
	fi
}

proctype Dealer()
{
	byte a, b, c;

end:
	do
	:: d_step { d_news ->
		d_news = 0;
		d_restart();
		SAY("dealer: the connection is another one\n") }
	:: d_step { d_hello && len(up_line) < 6 ->
		d_hello = 0;
		d_waits = 1;
		d_session++;
		SAY("dealer: HELLO session %d\n", d_session);
		d_send(HELLO, d_session, d_epoch) }
	:: d_step { nempty(down_line) && len(up_line) < 6 ->
		if
		:: down_line ? HELLO(a, b, c) -> d_on_hello(a, b)
		:: down_line ? RESYNC(a, b, c) ->
			if
			:: d_up -> d_restart()
			:: else -> SEEN(resync_while_down)
			fi
		:: down_line ? DATA(a, b, c) ->
			if
			:: d_up -> d_on_data(a, b, c)
			:: else -> SEEN(data_before_the_answer)
			fi
		:: down_line ? BEAT(a, b, c) ->
			if
			:: d_up && a != d_taken -> SEEN(beat_tells_dealer); d_restart()
			:: else
			fi
		:: down_line ? CREDIT(a, b, c) ->
			if
			:: d_up -> d_credit = d_credit + a
			:: else
			fi
		fi;
		a = 0; b = 0; c = 0 }
	:: d_step { d_up && nempty(d_queue) && HAS_CREDIT && len(up_line) < 6 ->
		d_queue ? a;
		d_credit = (d_credit -> d_credit - 1 : 0);
		d_sent++;
		d_send(DATA, d_sent, a);
		a = 0 }
	/* no answer in time */
	:: d_step { d_waits && !d_up && (early > 0 || AT_REST) ->
		early = (AT_REST -> early : early - 1);
		d_hello = 1;
		d_waits = 0 }
#ifndef NO_BEAT
	:: d_step { d_up && AT_REST && (d_sent != r_taken || !r_up) -> d_send(BEAT, d_sent, 0) }
#endif
	:: d_step { changes > 0 ->
		changes--;
		d_value++;
		if
		:: d_up -> d_queue ! d_value
		:: else
		fi }
	od
}

#define R_TAKES (!r_known || r_connection == c_on)

proctype Router()
{
	byte a, b, c, c_on;

end:
	do
	:: d_step { nempty(up_line) && len(down_line) < 5 ->
		if
		:: up_line ? HELLO(a, b, c, c_on) ->
			r_routes = r_routes || c_on == connection;
			r_on_hello(a, b, c_on)
		:: up_line ? DATA(a, b, c, c_on) ->
			r_routes = r_routes || c_on == connection;
			if
			:: r_up && R_TAKES -> r_on_data(a, b, c)
			:: r_up && !R_TAKES -> SEEN(other_connection); r_restart()
			:: else -> SEEN(no_hello_yet); r_send(RESYNC, 0, 0)
			fi
		:: up_line ? BEAT(a, b, c, c_on) ->
			r_routes = r_routes || c_on == connection;
			if
			:: r_up && a != r_taken -> SEEN(beat_tells_router); r_restart()
			:: r_up && a == r_taken -> skip
			:: else -> r_send(RESYNC, 0, 0)
			fi
		fi;
		a = 0; b = 0; c = 0; c_on = 0 }
#ifndef NO_CREDIT
	:: d_step { r_up && r_owed > 0 && len(down_line) < 5 ->
		r_granted = r_granted + r_owed;
		a = r_owed;
		r_owed = 0;
		r_send(CREDIT, a, 0);
		a = 0 }
#endif
#ifndef NO_BEAT
	:: d_step { r_up && AT_REST && ((d_up && r_sent != d_taken) || !r_routes) ->
		r_send(BEAT, r_sent, 0) }
#endif
	:: d_step { changes_back > 0 && len(down_line) < 5 -> changes_back--; r_value++; r_tell() }
	od
}

inline cut() /* the tail of what the ROUTER has not read goes; how much is chosen before */
{
	do
	:: lost > 0 -> lost--; kept = len(up_line) - 1;
		do
		:: kept > 0 -> kept--; up_line ? t, a, b, c, on; up_line ! t, a, b, c, on
		:: else -> break
		od;
		up_line ? t, a, b, c, on
	:: else -> break
	od;
	do
	:: nempty(down_line) -> down_line ? _, _, _, _
	:: empty(down_line) -> break
	od;
	connection++;
	r_routes = 0;
	d_news = 1;
	t = 0; a = 0; b = 0; c = 0; on = 0; kept = 0
}

init
{
	byte lost, kept, a, b, c, on;
	mtype t;

	atomic {
		run Dealer();
		run Router()
	};
	do
	:: atomic { cuts > 0 ->
		cuts--;
		do
		:: lost < len(up_line) -> lost++
		:: break
		od;
		d_step { cut(); SAY("world: the connection is cut\n") } }
	:: d_step { kills > 0 -> /* the end that connects is another process */
		kills--;
		lost = 0;
		cut();
		d_restart();
		d_news = 0;
		d_epoch++;
		d_session = 0;
		d_heard = 0;
		d_sent = 0; d_taken = 0; d_credit = 0;
		SAY("world: the dealer is killed\n") }
	:: d_step { kills > 0 -> /* the end that binds */
		kills--;
		lost = len(up_line);
		cut();
		r_known = 0; r_up = 0; r_heard = 0;
		r_session = 0; r_peer = 0; r_connection = 0;
		r_sent = 0; r_taken = 0; r_owed = 0; r_granted = 0;
		r_epoch++;
		SAY("world: the router is killed\n") }
	:: d_step { drops > 0 && up_line ?? [DATA, _, _, _, _] ->
		drops--;
		up_line ?? DATA, _, _, _, _;
		SAY("world: one message is lost\n") }
	:: d_step { drops > 0 && down_line ?? [DATA, _, _, _] ->
		drops--;
		down_line ?? DATA, _, _, _;
		SAY("world: one message is lost\n") }
	:: break
	od;
	timeout ->
	PROMISE(known, d_up && r_up && d_session == r_session);
	PROMISE(known, r_heard == d_value && d_heard == r_value);
	PROMISE(known, d_sent == r_taken && r_sent == d_taken);
	SEEN(rest);
progress: end_at_rest: /* any cycle would be a run that does not end */
	false
}
