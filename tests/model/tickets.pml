/* tickets: what a translator can do that was taken over.
 *
 * It may be given either owner (GIFTS). It has every ticket that it was ever given, and sends
 * CONFIGs of its own making with them, in any order and again (SENDS). It makes tickets up: the MAC
 * does not fit (FORGERIES). An honest one works beside it. Its key may be withdrawn in the end;
 * resolver and publisher hear of that at different times.
 *
 * Left out: splices and certificates (one table, checked against the ticket: no state); the cost of
 * what it makes; holding jobs and dying (jobs.pml). */
#include "common.pml"
#include "core.pml"

#ifndef EDITS
#define EDITS 2
#endif
#ifndef CUTS
#define CUTS 0
#endif
#ifndef GIFTS
#define GIFTS 1
#endif
#ifndef SENDS
#define SENDS 2
#endif
#ifndef FORGERIES
#define FORGERIES 0
#endif
#ifndef WITHDRAWALS
#define WITHDRAWALS 0
#endif

byte edits = EDITS, cuts = CUTS, gifts = GIFTS, sends = SENDS, forgeries = FORGERIES;
byte withdrawals = WITHDRAWALS;
bit expelled;  /* the publisher has cut it off: it forged, or its key is withdrawn */
bit withdrawn; /* the resolver knows that its key is */

/* ---- the hostile one ---- */

#ifndef NO_TICKET_SAYS
#define OWNER_OF(k) job[k].owner
#else
#define OWNER_OF(k) !job[k].owner /* whom it likes */
#endif

#define GIVE(o) :: d_step { \
	!withdrawn && gifts > 0 && r_up && r_key && r_todo[o] && !r_flying[o] && R_HAS(o) -> \
	gifts--; \
	given[o] = r_key; \
	r_dispatch(o, 1) }
#define SEND(k) :: d_step { !expelled && sends > 0 && job[k].evil && nfull(to_resolver) -> \
	sends--; \
	SAY("translator: uses ticket %d\n", k); \
	o = OWNER_OF(k); \
	p_take(o, k, job[k].key, job[k].says + EVIL); \
	o = 0 }

inline forge()
{
	SEEN(forged);
	SAY("translator: makes up a ticket for owner%d\n", o);
#ifndef NO_MAC
	expelled = 1
#else
	p_take(o, r_number, p_key, version[o] + EVIL)
#endif
}

proctype Hostile()
{
	bit o;

end:
	do
	GIVE(0) GIVE(1)
	SEND(1) SEND(2) SEND(3) SEND(4) SEND(5) SEND(6)
	SEND(7) SEND(8) SEND(9) SEND(10) SEND(11) SEND(12)
	:: d_step { !expelled && forgeries > 0 && p_key && nfull(to_resolver) ->
		forgeries--;
		o = 1;
		forge();
		o = 0 }
	od
}

inline withdraw() /* what it was given goes out again */
{
	withdrawn = 1;
	SAY("world: the key of the hostile translator is withdrawn\n");
#ifndef NO_OUT_AGAIN
	if
	:: given[0] -> r_mark(0)
	:: else
	fi;
	if
	:: given[1] -> r_mark(1)
	:: else
	fi
#endif
}

init
{
	bit stays;

	atomic {
		version[0] = 1;
		version[1] = 1;
		here[0] = 1;
		here[1] = 1;
		r_sees[0] = 1;
		r_sees[1] = 1;
		r_complete = 1;
		run Resolver();
		run Publisher();
		run Hostile()
	};
	do
	:: atomic { edits > 0 ->
		edits--;
		if
		:: stays = 1
		:: stays = 0
		fi;
		d_step { edit(0) } }
	:: d_step { cuts > 0 && r_up -> cuts--; cut(); SAY("world: the state link is cut\n") }
	:: d_step { withdrawals > 0 -> withdrawals--; withdraw() }
	:: d_step { withdrawn && !expelled -> expelled = 1 }
	:: break
	od;
	timeout ->
	PROMISE(acknowledged, !r_todo[0] && !r_todo[1] && !r_flying[0] && !r_flying[1]);
	PROMISE(converges, VERSION(out[0]) == (here[0] -> version[0] : 0));
	PROMISE(converges, VERSION(out[1]) == (here[1] -> version[1] : 0));
	PROMISE(withdrawn, !withdrawn || !expelled || (out[0] < EVIL && out[1] < EVIL));
	if
	:: withdrawn && expelled -> SEEN(withdrawn_and_at_rest)
	:: !withdrawn && out[0] >= EVIL -> SEEN(evil_routes_stand)
	:: else -> SEEN(rest)
	fi;
progress: end_at_rest:
	false
}
