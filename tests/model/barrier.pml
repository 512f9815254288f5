/* barrier: nothing is deleted before everybody has arrived, no stale CONFIG wins, all converges.
 *
 * The state link is cut; resolver and publisher are killed; what is stored is wiped; CONFIGs are
 * lost, late, out of order; an owner comes, changes and goes, the other one is there or not; a kind
 * cannot be read at first. */
#include "common.pml"
#include "core.pml"

#ifndef EDITS
#define EDITS 1
#endif
#ifndef CUTS
#define CUTS 0
#endif
#ifndef RESOLVERS
#define RESOLVERS 0
#endif
#ifndef PUBLISHERS
#define PUBLISHERS 0
#endif
#ifndef WIPES
#define WIPES 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif

byte edits = EDITS, cuts = CUTS, resolvers = RESOLVERS, publishers = PUBLISHERS;
byte wipes = WIPES, losses = LOSSES;

#define EITHER(a, b) if :: a :: b fi
#if defined(CALM_START) /* everything is there and can be read */
#define START here[1] = 1; out[0] = 1; out[1] = 1; sees = 1
#elif defined(HIDDEN_START) /* a list cannot be read at first */
#define START here[1] = 1; out[0] = 1; out[1] = 1; sees = 0
#else
#define START EITHER(here[1] = 1, was_away[1] = 1); \
	EITHER(out[0] = 1; out[1] = 1, skip); \
	EITHER(sees = 1, sees = 0)
#endif

inline r_start() /* a new process; its translators may still have what the last one gave them */
{
	r_told[0] = 0; r_told[1] = 0;
	r_todo[0] = 0; r_todo[1] = 0;
	r_flying[0] = 0; r_flying[1] = 0;
	r_since[0] = 0; r_since[1] = 0;
	r_deleted = 0;
	r_flushed = 0;
	r_sees[0] = 1;
	r_sees[1] = sees;
	r_complete = sees
}

inline p_start() /* what is stored is the last good state */
{
	p_begin();
	p_epoch = 0;
	p_key = 0;
	wanted[0] = out[0];
	wanted[1] = out[1]
}

#define LOSE(k) \
	:: d_step { job[k].flying && losses > 0 -> \
		losses--; \
		clear_job(k); \
		SAY("world: CONFIG %d is lost\n", k) } \
	:: d_step { job[k].flying && losses > 0 && r_flying[job[k].owner] == k -> \
		losses--; /* its worker is gone from the resolver, not its CONFIG */ \
		r_flying[job[k].owner] = 0; \
		r_todo[job[k].owner] = 1; \
		SAY("resolver: the worker of %d is gone\n", k) }

init
{
	bit sees = 1, stays;

	atomic {
		version[0] = 2; /* what is stored is of version 1 */
		version[1] = 2;
		here[0] = 1;
		START;
		wanted[0] = out[0];
		wanted[1] = out[1];
		newest[0] = out[0];
		newest[1] = out[1];
		d_step { r_start() };
		run Resolver();
		run Publisher()
	};
	do
	:: atomic { edits > 0 -> edits--; EITHER(stays = 1, stays = 0); d_step { edit(0) } }
	:: d_step { cuts > 0 && r_up -> cuts--; cut(); SAY("world: the state link is cut\n") }
	:: atomic { resolvers > 0 ->
		resolvers--;
		EITHER(sees = 1, sees = 0);
		d_step {
			cut();
			r_epoch++;
			r_start();
			SAY("world: the resolver is killed\n") } }
	:: d_step { publishers > 0 ->
		publishers--;
		cut();
		p_start();
		SAY("world: the publisher is killed\n") }
	:: d_step { wipes > 0 && (out[0] || out[1]) ->
		wipes--;
		out[0] = 0;
		out[1] = 0;
		SAY("world: what is stored is wiped\n") }
	LOSE(1) LOSE(2) LOSE(3) LOSE(4) LOSE(5) LOSE(6)
	LOSE(7) LOSE(8) LOSE(9) LOSE(10) LOSE(11) LOSE(12)
	:: break
	od;
	timeout ->
	PROMISE(acknowledged, !r_todo[0] && !r_todo[1] && !r_flying[0] && !r_flying[1]);
	PROMISE(converges, out[0] == (here[0] -> version[0] : 0));
	PROMISE(converges, out[1] == (here[1] -> version[1] : 0));
	SEEN(rest);
progress: end_at_rest: /* a cycle before this is a run that never ends */
	false
}
