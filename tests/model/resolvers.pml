/* resolvers: two of them on the state link, as during a rollout: one is listened to, one waits.
 *
 * The state link of each is cut (CUTS), one is killed (KILLS), or frozen until it wakes up, or for
 * good (FREEZES). Each says what its store has; its jobs are on their way through translators.
 *
 * Left out: what they say, but for one value that is told on the state link and one that comes as a
 * CONFIG; the numbers of the link. A HELLO is answered at once, and said again only when the answer
 * may be another one. */
#include "common.pml"

#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef CUTS
#define CUTS 1
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef FREEZES
#define FREEZES 1
#endif
#define NONE 2

byte world = 1;
byte changes = CHANGES, cuts = CUTS, kills = KILLS, freezes = FREEZES;

typedef resolver_t {
	bit up;        /* it thinks that it is listened to */
	bit routes;    /* its connection is there, as the publisher would find out by sending */
	bit frozen;
	bit silent;    /* for ten seconds */
	byte store, says, key;
	byte config, config_key; /* its newest job, on its way; 0: none */
};
resolver_t r[2];
chan line[2] = [3] of { byte }; /* what it says: SECRET_PUT, ADDRESSES, which carry no epoch */

byte present = NONE, key, n_changes; /* of the present one */
byte told, made; /* what the publisher has from the state link, from translators */

inline end_line(i)
{
	do
	:: nempty(line[i]) -> line[i] ? _
	:: empty(line[i]) -> break
	od;
	skip
}

inline take(i)
{
	n_changes = n_changes + (present != i);
	PROMISE(well, present == i || present == NONE || !r[present].routes || r[present].silent);
	present = i;
#ifndef NO_FRESH_KEY
	key++;
#else
	key = 1;
#endif
	SAY("publisher: listens to resolver %d now\n", i);
	r[i].up = 1;
	r[i].key = key;
	r[i].routes = 1;
	r[i].silent = 0;
	r[i].says = 0; /* all is to be said again */
	end_line(i)
}

#ifndef NO_PROBE
#define FREE(i) (present == NONE || present == i || !r[present].routes || IS_SILENT(present))
#else
#define FREE(i) true
#endif
#ifndef NO_SILENCE
#define IS_SILENT(i) r[i].silent
#else
#define IS_SILENT(i) false
#endif

proctype Resolver(bit i)
{
end:
	do
	:: d_step { !r[i].frozen && !r[i].up && FREE(i) -> take(i) }
	:: d_step { !r[i].frozen && r[i].store != world ->
		r[i].store = world;
		SAY("resolver %d: knows %d\n", i, world) }
	:: d_step { !r[i].frozen && r[i].up && r[i].says != r[i].store && nfull(line[i]) ->
		r[i].says = r[i].store;
		line[i] ! r[i].store;
		r[i].config = r[i].store;
		r[i].config_key = r[i].key }
	od
}

inline hear(i)
{
	if
#ifndef NO_PRESENT
	:: present != i -> SEEN(refused); r[i].up = 0 /* RESYNC; its HELLO will be refused too */
#endif
	:: else ->
		PROMISE(voice, present == i);
		told = v;
		SAY("publisher: is told %d by resolver %d\n", v, i)
	fi
}

inline take_config(i)
{
	if
	:: r[i].config_key == key ->
		PROMISE(voice, present == i);
		made = r[i].config;
		SAY("publisher: CONFIG %d of resolver %d\n", made, i)
	:: else -> SEEN(old_key)
	fi;
	r[i].config = 0;
	r[i].config_key = 0
}

#define SILENCE(i) :: d_step { r[i].frozen && !r[i].silent -> \
	r[i].silent = 1; \
	SAY("publisher: resolver %d has been silent for 10 s\n", i) }

proctype Publisher()
{
	byte v;

end:
	do
	:: d_step { nempty(line[0]) -> line[0] ? v; hear(0); v = 0 }
	:: d_step { nempty(line[1]) -> line[1] ? v; hear(1); v = 0 }
	:: d_step { r[0].config -> take_config(0) }
	:: d_step { r[1].config -> take_config(1) }
	SILENCE(0) SILENCE(1)
	/* a HEARTBEAT of one who thinks that it is listened to */
	:: d_step { r[0].up && !r[0].frozen && present != 0 -> r[0].up = 0 }
	:: d_step { r[1].up && !r[1].frozen && present != 1 -> r[1].up = 0 }
	od
}

init
{
	bit i;

	atomic {
		r[0].routes = 1;
		r[1].routes = 1;
		run Resolver(0);
		run Resolver(1);
		run Publisher()
	};
	do
	:: d_step { changes > 0 -> changes--; world++; SAY("world: changes to %d\n", world) }
	:: atomic {
		if
		:: i = 0
		:: i = 1
		fi;
		if
		:: d_step { cuts > 0 ->
			cuts--;
			r[i].routes = 0;
			r[i].up = 0;
			end_line(i);
			SAY("world: the link of resolver %d is cut\n", i) }
		:: d_step { kills > 0 ->
			kills--;
			r[i].routes = 0; r[i].up = 0; r[i].frozen = 0; r[i].silent = 0;
			r[i].store = 0; r[i].says = 0; r[i].key = 0;
			end_line(i);
			SAY("world: resolver %d is killed\n", i) }
		:: d_step { freezes > 0 && !r[1 - i].frozen ->
			freezes--;
			r[i].frozen = 1;
			SAY("world: resolver %d is frozen\n", i) }
		:: d_step { r[i].frozen ->
			r[i].frozen = 0;
			r[i].silent = 0;
			SEEN(wakes_up);
			SAY("world: resolver %d wakes up\n", i) }
		:: break
		fi;
		i = 0 }
	od;
	timeout ->
	PROMISE(converges, present != NONE && r[present].up && !r[present].frozen);
	PROMISE(converges, told == world && made == world);
	SEEN(rest);
progress: end_at_rest:
	false
}
