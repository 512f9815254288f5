/* jobs: bundles to workers: credit, answers that are lost or late, workers that die, set aside.
 *
 * Two workers of two keys, two owners. Worker 1 may be HOSTILE: it keeps jobs, gives credit back
 * without an answer, answers and keeps the credit, dies on purpose and comes back, as often as it
 * likes. Owner 1 may be POISON: it kills who translates it, until it is edited. Worker 1 may be
 * STUCK for good with jobs in its hands; SLOW workers answer after any deadline. CUTS of a jobs
 * link look like deaths. CONFIGs get lost (LOSSES).
 *
 * LIMIT bounds how many bundles go out before all is at rest: what goes round for ever breaks it.
 *
 * Left out: turns of namespaces, big jobs, the pace of newcomers, more than two workers; what a
 * CONFIG says (core.pml, tickets.pml); the state link, which stays up. A deadline passes only for
 * those who will miss it, and when no answer is on its way. */
#include "common.pml"

#define JOBS 8
#ifndef LIMIT
#define LIMIT 8
#endif
#ifndef EDITS
#define EDITS 0
#endif
#ifndef CUTS
#define CUTS 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#define RETRIES 1 /* of an owner that is poison */
#define CREDIT 2
#define STRIKES 2

#ifdef HOSTILE
#define IS_HOSTILE(w) (w == 1)
#else
#define IS_HOSTILE(w) false
#endif
#ifdef STUCK
#define MAY_STICK(w) (w == 1)
#else
#define MAY_STICK(w) false
#endif
#ifdef SLOW
#define IS_SLOW true
#else
#define IS_SLOW false
#endif
#ifdef POISON
#define IS_POISON(o, v) (o == 1 && v == 1)
#else
#define IS_POISON(o, v) false
#endif
#ifdef ONE_KEY /* as all replicas of a Deployment have it */
#define KEY(w) 1
#else
#define KEY(w) (w + 1) /* a set of one */
#endif

byte edits = EDITS, cuts = CUTS, losses = LOSSES, retries = RETRIES;
byte version[2] = 1;

/* ---- jobs, by number ---- */

typedef job_t {
	bit owner, at; /* whose, at which worker */
	byte says;
	bit in_hand;   /* of the worker */
	bit config;    /* on its way to the publisher */
	bit back;      /* its credit is on its way to the resolver */
	bit out;       /* it is not back yet, as the resolver sees it */
	bit late;      /* nor was it in time */
};
job_t job[JOBS + 1];
byte number;
chan acks = [4] of { byte, byte };

/* ---- publisher and workers ---- */

byte had[2], taken[2]; /* number, version */
bit alive[2] = 1, stuck[2];
byte n_in_hand[2];

/* ---- what the resolver knows ---- */

bit todo[2], suspect[2], aside[2];
byte flying[2];         /* number that is not acknowledged; 0: none */
bit flies_at[2];        /* at this worker */
byte since[2];          /* first number since the last edit */
byte strikes[2], by[2]; /* by workers of these keys */
byte last[2];           /* the key that it failed with last: no answer, too late, or a death */
byte holders[2];        /* workers that have not given its credit back, as a set */
byte on_way[2];         /* ghost: CONFIGs of it that are on their way */
bit up[2] = 1, late[2];
byte n_out[2];
byte alone[2];    /* the number that a worker has for itself */
byte obituary[2]; /* owner + 1 that got a strike for its last end */

#ifndef NO_ALONE
#define WAS_ALONE(w, n) (alone[w] == n)
#define GOES_ALONE(o) suspect[o]
#else
#define WAS_ALONE(w, n) true
#define GOES_ALONE(o) false
#endif
/* A worker of another key is there, or was a moment ago. */
#ifndef NO_MOMENT
#define OTHER_KEY(w) (KEY(1 - w) != KEY(w))
#else
#define OTHER_KEY(w) (KEY(1 - w) != KEY(w) && up[1 - w])
#endif
#ifndef NO_TWO_KEYS
#define COUNTED(o, w) ((by[o] & KEY(w)) && OTHER_KEY(w))
#else
#define COUNTED(o, w) false
#endif
#define SAYS_THE_SAME(o, n) (since[o] && n >= since[o])
#define UNSETTLED(o, n) (flying[o] == n || (SAYS_THE_SAME(o, n) && todo[o]))
#define IS_GUILTY(o) (IS_POISON(o, version[o]) || IS_SLOW)
#define CUT_OFF(o, w) (obituary[w] == o + 1 && alive[w] && !up[w])

inline tidy(n)
{
	if
	:: !job[n].in_hand && !job[n].config && !job[n].back && !job[n].out ->
		job[n].owner = 0;
		job[n].at = 0;
		job[n].says = 0;
		job[n].late = 0
	:: else
	fi
}

inline settle(o)
{
	flying[o] = 0;
	flies_at[o] = 0;
	todo[o] = 0;
	suspect[o] = 0;
	aside[o] = 0;
	strikes[o] = 0;
	by[o] = 0;
	last[o] = 0
}

inline strike(o, w)
{
	if
	:: COUNTED(o, w) -> SEEN(same_key_again)
	:: !COUNTED(o, w) && !since[o] -> SEEN(edited_since)
	:: else ->
		strikes[o]++;
		by[o] = by[o] | KEY(w);
		SAY("resolver: strike %d of owner%d\n", strikes[o], o);
#ifndef NO_SET_ASIDE
		if
		:: strikes[o] >= STRIKES ->
			/* but while a cut still looks like a death */
			PROMISE(innocent, IS_GUILTY(o) || CUT_OFF(o, 0) || CUT_OFF(o, 1));
			SEEN(set_aside);
			settle(o);
			aside[o] = 1;
			SAY("resolver: owner%d is set aside, REJECT\n", o)
		:: else
		fi
#endif
	fi
}

inline again(o, w)
{
	last[o] = KEY(w);
	todo[o] = !aside[o];
	flying[o] = 0;
	flies_at[o] = 0
}

inline dispatch(o, w)
{
	number++;
	PROMISE(ends, number <= LIMIT);
	todo[o] = 0;
	flying[o] = number;
	flies_at[o] = w;
	since[o] = (since[o] -> since[o] : number);
	holders[o] = holders[o] | (1 << w);
	job[number].owner = o;
	job[number].at = w;
	job[number].says = version[o];
	job[number].in_hand = 1;
	job[number].out = 1;
	n_out[w]++;
	n_in_hand[w]++;
	alone[w] = (GOES_ALONE(o) -> number : 0);
	SAY("resolver: BUNDLE owner%d number=%d version=%d suspect=%d to worker %d\n", o, number,
		version[o], suspect[o], w)
}

inline not_out(n)
{
	job[n].out = 0;
	job[n].back = 0;
	holders[job[n].owner] = holders[job[n].owner] & (255 - (1 << job[n].at))
}

inline credit_back(n)
{
	w = job[n].at;
	not_out(n);
	n_out[w]--;
	late[w] = late[w] && n_out[w];
	alone[w] = (alone[w] == n -> 0 : alone[w]);
	tidy(n);
	w = 0
}

/* The connection is gone: that counts as a death until the same process is back. */
inline lose_worker(w, dead)
{
	SAY("resolver: worker %d is down\n", w);
	up[w] = 0;
	obituary[w] = 0;
	for (n : 1 .. JOBS) {
		if
		:: job[n].at == w && job[n].out ->
			not_out(n);
			o = job[n].owner;
			if
			:: UNSETTLED(o, n) ->
				again(o, w);
				suspect[o] = 1;
				if
				:: WAS_ALONE(w, n) -> obituary[w] = o + 1; strike(o, w)
				:: else
				fi
			:: else
			fi
		:: else
		fi;
		job[n].in_hand = job[n].in_hand && !(dead && job[n].at == w);
		tidy(n)
	};
	n = 0;
	o = 0;
	n_out[w] = 0;
	n_in_hand[w] = (dead -> 0 : n_in_hand[w]);
	late[w] = 0;
	alone[w] = 0
}

inline ack(o, n)
{
	SAY("resolver: ACK owner%d number=%d\n", o, n);
	if
	:: flying[o] == n && SAYS_THE_SAME(o, n) -> settle(o)
	:: flying[o] == n && !SAYS_THE_SAME(o, n) -> /* it was edited */
		flying[o] = 0;
		flies_at[o] = 0
#ifndef NO_LATE_COUNTS
	:: flying[o] != n && SAYS_THE_SAME(o, n) -> SEEN(late_answer_counts); settle(o)
#endif
	:: else
	fi
}

/* Its worker gets no further job until it has given all credit back. */
inline too_late(n)
{
	w = job[n].at;
	o = job[n].owner;
	SAY("resolver: worker %d is late with %d\n", w, n);
	job[n].late = 1;
	late[w] = 1;
	if
	:: UNSETTLED(o, n) ->
#ifndef NO_COPY
		again(o, w);
		suspect[o] = 1;
#endif
		strike(o, w)
	:: else
	fi;
	o = 0;
	w = 0
}

inline try_again(o)
{
	retries = (IS_POISON(o, version[o]) -> retries - 1 : retries);
	settle(o);
	suspect[o] = 1;
	todo[o] = 1;
	SAY("resolver: owner%d is tried again\n", o);
	SEEN(tried_again)
}

/* It goes to another key than the one that it failed with, if there is one. */
#define FAILED(o) (by[o] -> by[o] : last[o])
#if defined(NO_AVOID)
#define AVOIDS(o, w) false
#elif defined(ONLY_OTHER_KEY) /* even if there is none */
#define AVOIDS(o, w) (FAILED(o) & KEY(w))
#else
#define AVOIDS(o, w) ((FAILED(o) & KEY(w)) && OTHER_KEY(w))
#endif
#ifdef CAPPED /* only what happens before so many bundles */
#define MORE (number < LIMIT)
#else
#define MORE true
#endif
#define HAS_TIME(o, w) (GOES_ALONE(o) -> n_out[w] == 0 : n_out[w] < CREDIT)
#define IS_FREE(w) (up[w] && !late[w] && !alone[w])
#define MAY_GO(o, w) (MORE && todo[o] && !flying[o] && IS_FREE(w) && HAS_TIME(o, w) && \
	!AVOIDS(o, w) && !(holders[o] & (1 << w)))
#define GO(o, w) :: d_step { MAY_GO(o, w) -> dispatch(o, w) }

#ifndef NO_LOST
#define LOST(o) (flying[o] && !job[flying[o]].out && !on_way[o] && empty(acks))
#else
#define LOST(o) false
#endif
#define FIND_LOST(o) \
	:: d_step { LOST(o) -> SAY("resolver: %d is lost\n", flying[o]); again(o, flies_at[o]) }
#ifndef NO_RETRY
#define IS_TIME(o) (aside[o] && !holders[o] && !on_way[o] && empty(acks) && \
	(!IS_POISON(o, version[o]) || retries > 0))
#else
#define IS_TIME(o) false
#endif
#define MISSES(w) (IS_HOSTILE(w) || stuck[w] || IS_SLOW)
#define CREDIT_OF(n) \
	:: d_step { job[n].back -> credit_back(n) } \
	:: d_step { job[n].out && !job[n].back && !job[n].late && MISSES(job[n].at) -> too_late(n) }

proctype Resolver()
{
	byte o, n, w;

end:
	do
	:: d_step { nempty(acks) -> acks ? o, n; ack(o, n); o = 0; n = 0 }
	GO(0, 0) GO(0, 1) GO(1, 0) GO(1, 1)
	CREDIT_OF(1) CREDIT_OF(2) CREDIT_OF(3) CREDIT_OF(4)
	CREDIT_OF(5) CREDIT_OF(6) CREDIT_OF(7) CREDIT_OF(8)
	FIND_LOST(0) FIND_LOST(1)
	:: d_step { up[0] && !alive[0] -> lose_worker(0, true) }
	:: d_step { up[1] && !alive[1] -> lose_worker(1, true) }
	:: d_step { IS_TIME(0) -> try_again(0) } /* some minutes later */
	:: d_step { IS_TIME(1) -> try_again(1) }
	od
}

/* ---- workers ---- */

inline answer(n)
{
	job[n].in_hand = 0;
	job[n].config = 1;
	n_in_hand[w]--;
	on_way[job[n].owner]++;
	SAY("worker %d: answers %d\n", w, n)
}

inline work() /* in order */
{
	n = 1;
	do
	:: !(job[n].in_hand && job[n].at == w) -> n++
	:: else -> break
	od;
	if
	:: IS_POISON(job[n].owner, job[n].says) ->
		alive[w] = 0;
		SAY("worker %d: dies of %d\n", w, n)
	:: else -> job[n].back = job[n].out; answer(n)
	fi;
	n = 0
}

inline come_back() /* it was only a cut */
{
	up[w] = 1;
	SEEN(only_a_cut);
	SAY("resolver: worker %d is back\n", w);
#ifndef NO_REVOKE
	o = obituary[w] - 1;
	if
	:: obituary[w] && aside[o] -> SEEN(not_aside_any_more); try_again(o)
	:: obituary[w] && strikes[o] -> strikes[o]--; by[o] = by[o] & (255 - KEY(w))
	:: else
	fi;
	o = 0;
#endif
	obituary[w] = 0
}

#define IS_EVIL(n) (IS_HOSTILE(w) && alive[w] && job[n].at == w)
#define EVIL(n) \
	:: d_step { IS_EVIL(n) && job[n].in_hand -> answer(n) } /* and may keep the credit */ \
	:: d_step { IS_EVIL(n) && job[n].out && !job[n].back -> /* and may owe the answer */ \
		job[n].back = 1; \
		SAY("worker %d: gives the credit of %d back\n", w, n) }

proctype Worker(bit w)
{
	byte n, o;

end:
	do
	:: d_step { alive[w] && !stuck[w] && !IS_HOSTILE(w) && n_in_hand[w] -> work() }
	:: d_step { MAY_STICK(w) && !stuck[w] && n_in_hand[w] ->
		stuck[w] = 1;
		SEEN(stuck);
		SAY("worker %d: is stuck\n", w) }
	EVIL(1) EVIL(2) EVIL(3) EVIL(4) EVIL(5) EVIL(6) EVIL(7) EVIL(8)
	:: d_step { IS_HOSTILE(w) && alive[w] && n_out[w] ->
		alive[w] = 0;
		SAY("worker %d: dies on purpose\n", w) }
	:: d_step { !alive[w] && !up[w] ->
		alive[w] = 1;
		up[w] = 1;
		SAY("worker %d: is started\n", w) }
	:: d_step { alive[w] && !up[w] -> come_back() }
	od
}

#define TAKE(n) \
	:: d_step { job[n].config && nfull(acks) -> \
		o = job[n].owner; \
		job[n].config = 0; \
		on_way[o]--; \
		taken[o] = (n > had[o] -> job[n].says : taken[o]); \
		had[o] = (n > had[o] -> n : had[o]); \
		acks ! o, n; \
		tidy(n); \
		o = 0 } \
	:: d_step { job[n].config && losses > 0 -> \
		losses--; \
		job[n].config = 0; \
		on_way[job[n].owner]--; \
		tidy(n); \
		SAY("world: CONFIG %d is lost\n", n) }

proctype Publisher()
{
	byte o;

end:
	do
	TAKE(1) TAKE(2) TAKE(3) TAKE(4) TAKE(5) TAKE(6) TAKE(7) TAKE(8)
	od
}

/* ---- the world ---- */

#define WELL(o) (!todo[o] && !flying[o] && (taken[o] == version[o] || aside[o]))

init
{
	byte n, o;

	atomic {
		todo[0] = 1;
		todo[1] = 1;
		run Resolver();
		run Publisher();
		run Worker(0);
		run Worker(1)
	};
	do
	:: d_step { edits > 0 ->
		edits--;
		version[1]++;
		since[1] = 0;
		todo[1] = !aside[1]; /* an edit does not shorten the wait */
		SAY("cluster: owner1 is edited, version %d\n", version[1]) }
	:: d_step { cuts > 0 && up[0] && alive[0] -> cuts--; lose_worker(0, false) }
	:: d_step { cuts > 0 && up[1] && alive[1] -> cuts--; lose_worker(1, false) }
	:: break
	od;
	timeout ->
	PROMISE(settled, !MORE || (WELL(0) && !aside[0]));
	PROMISE(settled, !MORE || (WELL(1) && (!aside[1] || IS_POISON(1, version[1]))));
	if
	:: aside[1] -> SEEN(rest_with_one_aside)
	:: else -> SEEN(rest)
	fi;
progress: end_at_rest:
	false
}
