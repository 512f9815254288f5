/* lease: two publishers and one databroker: one writes, and what a late write spoils is repaired.
 *
 * One record. Time goes in ticks: TICKS of them at any moment, however late a message is, and more
 * when nothing else can happen. A lease lasts LEASE ticks by the databroker's clock; a publisher's
 * clock may lose one of them. A Put takes as long as it likes: who has sent it cannot call it back.
 *
 * Left out: the lease being given back at a clean end; the Kubernetes Lease of the file sink, which
 * is the same with other words; batches; the guard. What a publisher wants comes from its own
 * resolver, sooner or later. */
#include "common.pml"

#define LEASE 4
#define MARGIN 1
#define RENEW 2 /* so long after the request for the last one */
#ifndef TICKS
#define TICKS 7
#endif
#ifndef CHANGES
#define CHANGES 1
#endif
#ifndef WIPES
#define WIPES 0
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif

byte ticks = TICKS, changes = CHANGES, wipes = WIPES, kills = KILLS, losses = LOSSES;
byte target = 1; /* what everybody should want */

/* ---- the databroker ---- */

byte holder = 2; /* 0, 1; 2: nobody */
byte left;       /* ticks of its lease */
byte record, version_of_server;

/* ---- the publishers ---- */

typedef publisher_t {
	bit leads;       /* it was granted a lease ... */
	byte age;        /* ... so long ago, by its clock, since it asked */
	bit slow;        /* its clock has lost a tick since */
	bit knows_id;    /* of the lease: it asks for a renewal */
	bit asks;        /* a request is on its way */
	bit told, granted; /* the answer is */
	byte asked_age;  /* since it asked */
	bit asked_slow;
	bit planned;     /* it has made a plan, and will send */
	byte put;        /* on its way to the databroker; 0: none */
	byte wants, knows; /* content of the record */
	bit news;        /* Sync has something */
	byte server;     /* the version that it knows */
};
publisher_t p[2];

#if defined(NO_MARGIN)
#define LASTS LEASE
#elif defined(NO_EXPIRY)
#define LASTS 100
#else
#define LASTS (LEASE - MARGIN)
#endif
#define BELIEVES(i) (p[i].leads && p[i].age < LASTS)
#define HAS(i) (holder == i && left > 0)
#define UNAWARE(i) (p[i].server != version_of_server) /* of a wipe */

#define ASKED(i) (p[i].asks || p[i].told)
#define COUNTS(n) (n < 9 -> n + 1 : n)

inline older(i)
{
	if
	:: p[i].leads && lags[i] && !p[i].slow -> p[i].slow = 1 /* this tick is not counted */
	:: p[i].leads && !(lags[i] && !p[i].slow) -> p[i].age = COUNTS(p[i].age)
	:: else
	fi;
	if
	:: ASKED(i) && lags[i] && !p[i].asked_slow -> p[i].asked_slow = 1
	:: ASKED(i) && !(lags[i] && !p[i].asked_slow) -> p[i].asked_age = COUNTS(p[i].asked_age)
	:: else
	fi
}

inline tick()
{
	older(0);
	older(1);
	left = (left > 0 -> left - 1 : 0);
	holder = (left > 0 -> holder : 2);
	lags[0] = 0;
	lags[1] = 0
}

inline ended(i)
{
	p[i].asked_age = 0;
	p[i].asked_slow = 0;
	p[i].told = 0;
	p[i].granted = 0
}

inline take_answer(i)
{
	if
	:: p[i].granted ->
		SAY("publisher %d: leads\n", i);
		p[i].leads = 1;
#ifndef NO_SENT
		p[i].age = p[i].asked_age;
		p[i].slow = p[i].asked_slow;
#else
		p[i].age = 0;
		p[i].slow = 0;
#endif
		p[i].knows_id = 1;
		PROMISE(leader, !BELIEVES(i) || HAS(i) || UNAWARE(i));
		PROMISE(leader, !BELIEVES(0) || !BELIEVES(1) || UNAWARE(0) || UNAWARE(1))
	:: else ->
		p[i].leads = 0;
		p[i].age = 0;
		p[i].slow = 0;
		p[i].knows_id = 0
	fi;
	ended(i)
}

inline send_put(i)
{
	p[i].planned = 0;
	if
#ifndef NO_CHECK
	:: !BELIEVES(i) -> SEEN(lease_ran_out_before_the_put)
#endif
	:: else ->
		PROMISE(writer, HAS(i) || UNAWARE(i));
		if
		:: !HAS(i) -> SEEN(wipe_not_noticed)
		:: else
		fi;
		p[i].put = p[i].wants;
		SAY("publisher %d: Put %d\n", i, p[i].wants)
	fi
}

inline hear(i) /* Sync, or its end: another server version */
{
	p[i].news = 0;
	if
	:: UNAWARE(i) ->
		SAY("publisher %d: another databroker\n", i);
#ifndef NO_VOID
		if
		:: p[i].told -> ended(i) /* the answer is of the old one */
		:: else
		fi;
		p[i].leads = 0;
		p[i].age = 0;
		p[i].slow = 0;
#endif
		p[i].server = version_of_server
	:: else
	fi;
#ifndef NO_FOLLOW
	p[i].knows = record
#endif
}

#define IDLE(i) (!p[i].planned && !p[i].put)

proctype Publisher(bit i)
{
end:
	do
	:: d_step { p[i].told -> take_answer(i) }
	:: d_step { p[i].news && IDLE(i) -> hear(i) }
	:: d_step { !ASKED(i) && (p[i].leads -> p[i].age >= RENEW : holder == 2 || p[i].knows_id) ->
		p[i].asks = 1;
		SAY("publisher %d: asks for the lease\n", i) }
	:: d_step { BELIEVES(i) && IDLE(i) && !p[i].news && p[i].knows != p[i].wants ->
		p[i].planned = 1 }
	:: d_step { p[i].planned -> send_put(i) }
	:: d_step { p[i].wants != target ->
		p[i].wants = target;
		SAY("publisher %d: wants %d\n", i, target) }
	od
}

/* Requests and answers of one publisher on their way. */
proctype Line(bit i)
{
end:
	do
	:: d_step { p[i].asks -> /* a renewal of what nobody holds is granted as a new lease */
		p[i].asks = 0;
		p[i].told = 1;
		if
		:: holder == 2 || (holder == i && p[i].knows_id) ->
			p[i].granted = 1;
			holder = i;
			left = LEASE;
			SAY("databroker: grants the lease to %d\n", i)
		:: else -> SEEN(refused)
		fi }
	:: d_step { losses > 0 && p[i].told ->
		losses--;
		ended(i);
		SAY("world: an answer is lost\n") }
	:: d_step { p[i].put ->
		if
		:: holder == !i -> SEEN(late_put)
		:: else
		fi;
		record = p[i].put;
		p[i].put = 0;
		p[0].news = 1;
		p[1].news = 1;
#ifdef NO_FOLLOW
		p[i].knows = record;
#endif
		SAY("databroker: the record is %d, by %d\n", record, i) }
	od
}

#define RIGHT (record == target && p[0].wants == target && p[1].wants == target)

init
{
	bit lags[2];
	bit i;

	atomic {
		p[0].wants = 1;
		p[1].wants = 1;
		run Publisher(0);
		run Publisher(1);
		run Line(0);
		run Line(1)
	};
	do
	:: atomic { ticks > 0 && holder != 2 ->
		ticks--;
		if
		:: lags[0] = 1
		:: lags[1] = 1
		:: skip
		fi;
		d_step { tick(); SAY("tick\n") } }
	:: d_step { changes > 0 -> changes--; target++; SAY("world: %d is wanted now\n", target) }
	:: d_step { wipes > 0 ->
		wipes--;
		version_of_server++;
		record = 0;
		holder = 2;
		left = 0;
		p[0].news = 1;
		p[1].news = 1;
		SAY("world: the databroker is wiped\n") }
	:: atomic { kills > 0 ->
		kills--;
		if
		:: i = 0
		:: i = 1
		fi;
		d_step {
			p[i].leads = 0; p[i].age = 0; p[i].slow = 0; p[i].asks = 0;
			ended(i);
			p[i].planned = 0;
			p[i].server = version_of_server;
			p[i].knows = 0;
			p[i].news = 1; /* it reads all; the id of its lease is in the run folder */
			SAY("world: publisher %d is killed\n", i);
			i = 0 } }
	:: break
	od;
	do
	:: d_step { timeout && !RIGHT -> tick(); SAY("tick\n") }
	:: timeout && RIGHT -> break
	od;
	SEEN(rest);
progress: end_at_rest:
	false
}
