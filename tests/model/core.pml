/* core: resolver and publisher with the state link between them, for barrier.pml and tickets.pml.
 *
 *   cluster     two owners; each edit gives a new version, a deletion too
 *   resolver    INVENTORY, BUNDLE, DELETE, FLUSHED; takes TICKET_KEY and ACK
 *   translators the table `job`: who is `flying` may bring its CONFIG at any time, in any order
 *   publisher   what counts, the barrier, what is wanted, what is written
 *
 * Left out: REJECT (it is admitted as a CONFIG is, and changes nothing that is written); what the
 * watcher says late (an edit that comes later); credit; HELLO and the numbers of the link, which
 * link.pml has: here it is cut with all that is on it and comes back at once. FLUSHED names the
 * highest number that it could; a lower one is safer. The counter goes on in a new epoch: what is
 * of another epoch is known by its key. */

#define JOBS 12
#define EVIL 16 /* on top of a version: what a hostile translator made of it */
#define VERSION(config) ((config) & 15)

mtype = { KEY, ACK, CHUNK, DELETE, FLUSHED };
/* CHUNK owner N flags; DELETE owner number version; FLUSHED - number - */
chan to_publisher = [8] of { mtype, byte, byte, byte };
/* KEY - key; ACK owner number */
chan to_resolver = [6] of { mtype, byte, byte };
#define NAMED 1
#define LAST 2
#define COMPLETE 4

/* ---- the cluster ---- */

bit here[2];
byte version[2];
bit was_away[2];   /* ghost: absent at some time, so that it may be removed */
bit was_hidden[2]; /* ghost: not in the first inventory of this epoch */

/* ---- jobs on their way through a translator, by number ---- */

typedef job_t {
	bit flying; /* its CONFIG may still come */
	bit evil;   /* a hostile translator has its ticket, for good */
	bit owner;
	byte says;  /* the version */
	byte key;
};
job_t job[JOBS + 1];

/* ---- the resolver ---- */

byte r_epoch = 1, r_number;
bit r_up;
byte r_key;               /* 0: none in this session */
bit r_sees[2];            /* the list with this owner was read */
bit r_complete;           /* all lists were */
bit r_told[2];            /* the publisher was told of it: its deletion has to be told too */
bit r_todo[2];
byte r_flying[2];         /* the number that is not acknowledged; 0: none */
byte r_since[2];          /* the first number since it last changed; 0: none yet */
byte r_deleted, r_flushed; /* the numbers of the last DELETE and FLUSHED */

#define R_HAS(o) (here[o] && r_sees[o])

/* ---- the publisher ---- */

byte p_epoch;    /* of the resolver that it listens to; 0: none */
byte p_key;      /* the only one that counts */
byte keys;       /* that were ever made */
byte p_had[2];   /* newest number taken; 0: none above the N of the inventory */
bit p_gone[2];   /* that was a DELETE: a tombstone */
byte p_floor;    /* N of the inventory in force, or a later FLUSHED */
bit p_naming[2]; /* in the inventory that is coming in */
bit p_named[2];  /* in the one in force */
bit p_forced;    /* there is one */
bit p_complete;  /* it is */
bit p_settled;   /* it was acted upon */
bit p_passed;    /* everybody has arrived once in this epoch */
byte wanted[2];  /* 0: none */
byte out[2];     /* what Pomerium sees */
byte given[2];   /* ghost: the last key under which a hostile translator was given it */
byte newest[2];  /* ghost: the newest version that was ever taken, a deletion included */

/* ---- what the resolver does ---- */

inline r_mark(o) /* something became of it */
{
	if
	:: r_told[o] || R_HAS(o) -> r_todo[o] = 1; r_since[o] = 0
	:: else
	fi
}

inline r_restart(o)
{
	r_flying[o] = 0;
	r_since[o] = 0;
	r_told[o] = r_told[o] || R_HAS(o);
	r_todo[o] = r_told[o]
}

inline r_announce()
{
	r_flushed = 0;
#ifndef NO_ALL_AGAIN
	r_restart(0);
	r_restart(1);
#endif
	SAY("resolver: INVENTORY owner0=%d owner1=%d N=%d complete=%d\n", R_HAS(0), R_HAS(1),
		r_number, r_complete);
	to_publisher ! CHUNK(0, r_number, (R_HAS(0) -> NAMED : 0));
	to_publisher ! CHUNK(1, r_number,
		(R_HAS(1) -> NAMED : 0) + LAST + (r_complete -> COMPLETE : 0))
}

inline r_dispatch(o, is_evil)
{
	r_todo[o] = 0;
	r_number++;
	PROMISE(ends, r_number <= JOBS); /* nobody goes out again and again */
	PROMISE(judged, r_key == p_key);
	r_flying[o] = r_number;
	r_since[o] = (r_since[o] -> r_since[o] : r_number);
	if
	:: R_HAS(o) ->
		r_told[o] = 1;
		job[r_number].flying = !is_evil;
		job[r_number].evil = is_evil;
		job[r_number].owner = o;
		job[r_number].says = version[o];
		job[r_number].key = r_key;
		SAY("resolver: BUNDLE owner%d number=%d version=%d key=%d evil=%d\n", o, r_number,
			version[o], r_key, is_evil)
	:: else ->
		r_deleted = r_number;
		to_publisher ! DELETE(o, r_number, version[o]);
		SAY("resolver: DELETE owner%d number=%d\n", o, r_number)
	fi
}

inline r_acked(o)
{
	r_flying[o] = 0;
	r_told[o] = r_todo[o] || R_HAS(o)
}

inline r_ack(o, n)
{
	SAY("resolver: takes ACK owner%d number=%d\n", o, n);
	if
	:: r_flying[o] == n -> r_acked(o)
	:: r_flying[o] != n && r_since[o] && n >= r_since[o] -> /* late, but it says the same */
		SEEN(late_answer_counts);
		r_todo[o] = 0;
		r_acked(o)
	:: else
	fi
}

inline clear_job(n)
{
	job[n].flying = 0;
	job[n].owner = 0;
	job[n].says = 0;
	job[n].key = 0
}

/* ---- what the publisher does ---- */

inline p_begin() /* another resolver: a new barrier; what is wanted stays */
{
	p_epoch = r_epoch;
	p_had[0] = 0; p_had[1] = 0;
	p_gone[0] = 0; p_gone[1] = 0;
	p_naming[0] = 0; p_naming[1] = 0;
	p_named[0] = 0; p_named[1] = 0;
	p_floor = 0;
	p_forced = 0;
	p_complete = 0;
	p_settled = 0;
	p_passed = 0;
	was_hidden[0] = !r_sees[0];
	was_hidden[1] = !r_sees[1]
}

inline p_ack(o, n)
{
	if
#ifndef NO_ACK
	:: r_up -> to_resolver ! ACK(o, n)
#endif
	:: else
	fi
}

inline p_forget(o)
{
	p_had[o] = 0;
	p_gone[o] = 0
}

inline p_flushed(n) /* ends tombstones */
{
	p_floor = (n > p_floor -> n : p_floor);
	if
	:: p_gone[0] && p_had[0] <= p_floor -> p_forget(0)
	:: else
	fi;
	if
	:: p_gone[1] && p_had[1] <= p_floor -> p_forget(1)
	:: else
	fi
}

#ifndef FLOOR_FOR_UNKNOWN
/* N is a floor for all: what was known of numbers up to it is of no use any more. */
#define ENDS(o, n) (p_had[o] <= n)
#define RAISED(n) n
#define BELOW_FLOOR(o, n) (n <= p_floor)
#define HAS_COME(o) (p_had[o] > 0)
#else
/* How it was designed first: floors are for owners that are not in the inventory. */
byte p_base;
#define ENDS(o, n) (!p_named[o] && !p_gone[o] && p_had[o] <= n)
#define RAISED(n) p_floor; p_base = n
#define BELOW_FLOOR(o, n) (!p_named[o] && !p_naming[o] && \
	((p_forced && n <= p_base) || (!p_had[o] && n <= p_floor)))
#define HAS_COME(o) (p_had[o] > p_base)
#endif

inline p_in_force(n)
{
	p_named[0] = p_naming[0];
	p_named[1] = p_naming[1];
	p_naming[0] = 0;
	p_naming[1] = 0;
	p_floor = RAISED(n);
	if
	:: ENDS(0, n) -> p_forget(0)
	:: else
	fi;
	if
	:: ENDS(1, n) -> p_forget(1)
	:: else
	fi;
	p_forced = 1;
	p_settled = 0;
	SAY("publisher: inventory in force, N=%d\n", n)
}

inline p_chunk(o, n, flags)
{
	p_naming[o] = flags & NAMED;
	if
	:: flags & LAST -> p_complete = ((flags & COMPLETE) -> 1 : 0); p_in_force(n)
	:: else
	fi
}

#ifndef NO_STAMP
#define OLDER(o, n) (n <= p_had[o])
#else
#define OLDER(o, n) false
#endif
#ifndef NO_FLOOR
#define BELOW(o, n) BELOW_FLOOR(o, n)
#else
#define BELOW(o, n) false
#endif
#ifndef NO_KEY
#define OLD_KEY(k) (k != p_key)
#else
#define OLD_KEY(k) (p_key == 0)
#endif
/* An ACK of what did not count would end what the resolver still has to do. */
#ifndef NO_SILENT_DROP
#define p_below(o, n) skip
#else
#define p_below(o, n) p_ack(o, n)
#endif

inline p_take(o, n, of_key, config)
{
	SAY("publisher: CONFIG owner%d number=%d version=%d evil=%d key=%d (mine: %d)\n", o, n,
		VERSION(config), config >= EVIL, of_key, p_key);
	if
	:: OLD_KEY(of_key) -> SEEN(old_key)
	:: !OLD_KEY(of_key) && BELOW(o, n) -> SEEN(below_the_floor); p_below(o, n)
	:: !OLD_KEY(of_key) && !BELOW(o, n) && OLDER(o, n) -> SEEN(older); p_ack(o, n)
	:: else ->
		PROMISE(stale, VERSION(config) >= newest[o]);
		PROMISE(given, config < EVIL || given[o] == p_key);
		p_had[o] = n;
		p_gone[o] = 0;
		newest[o] = VERSION(config);
		wanted[o] = config;
		p_ack(o, n)
	fi
}

inline p_delete(o, n, says)
{
	if
	:: OLDER(o, n) -> skip
	:: else ->
		PROMISE(stale, says >= newest[o]);
#ifndef NO_TOMBSTONE
		p_had[o] = n;
		p_gone[o] = 1;
#else
		p_had[o] = 0;
#endif
		p_naming[o] = 0;
		p_named[o] = 0;
		newest[o] = says;
		wanted[o] = 0;
		SAY("publisher: owner%d is gone\n", o)
	fi;
	p_ack(o, n)
}

#define ARRIVED(o) (!p_named[o] || HAS_COME(o))
#ifndef NO_BARRIER
#define ALL_ARRIVED (p_forced && ARRIVED(0) && ARRIVED(1))
#else
#define ALL_ARRIVED p_forced
#endif
#ifndef NO_COMPLETE
#define ALL_KNOWN p_complete
#else
#define ALL_KNOWN true
#endif

inline p_settle_owner(o)
{
	if
	:: wanted[o] && ALL_KNOWN && !p_named[o] && (p_gone[o] || !p_had[o]) ->
		SEEN(gone_by_inventory);
		SAY("publisher: owner%d is not in the inventory\n", o);
		wanted[o] = 0
	:: else
	fi
}

/* Who was there all the time is in all that is written, from the first write on; but not who never
 * was, and is in a list that could not be read at first. */
#define MAY_WRITE(o) (wanted[o] || was_away[o] || (!out[o] && was_hidden[o]))

inline p_write()
{
	PROMISE(kept, MAY_WRITE(0) && MAY_WRITE(1));
	out[0] = wanted[0];
	out[1] = wanted[1];
	SAY("publisher: writes owner0=%d owner1=%d\n", out[0], out[1])
}

/* ---- processes ---- */

#define ON_THE_WAY(o) (job[r_flying[o]].flying || len(to_resolver) + len(to_publisher) > 0)
#define DISPATCH(o) :: d_step { \
	r_up && r_key && r_todo[o] && !r_flying[o] && nfull(to_publisher) -> r_dispatch(o, 0) }
#define NO_ACK_IN_TIME(o) :: d_step { r_up && r_flying[o] && !ON_THE_WAY(o) -> \
	SAY("resolver: no ACK for owner%d number=%d\n", o, r_flying[o]); \
	r_flying[o] = 0; \
	r_todo[o] = 1 }

proctype Resolver()
{
	byte o, n;

end:
	do
	:: d_step { !r_up -> /* HELLO and its answer */
		r_up = 1;
#ifndef NO_KEY_FIRST
		r_key = 0;
#endif
		keys++;
		p_key = keys;
		SAY("resolver: HELLO epoch=%d, key %d is made\n", r_epoch, p_key);
		if
		:: p_epoch != r_epoch -> p_begin()
		:: else -> SEEN(same_epoch_again)
		fi;
		to_resolver ! KEY(0, p_key) }
	:: d_step { nempty(to_resolver) && len(to_publisher) <= 6 ->
		if
		:: to_resolver ? KEY(o, n) -> r_key = n; r_announce()
		:: to_resolver ? ACK(o, n) -> r_ack(o, n)
		fi;
		o = 0;
		n = 0 }
	DISPATCH(0) DISPATCH(1)
#ifndef NO_REDELIVERY
	NO_ACK_IN_TIME(0) NO_ACK_IN_TIME(1)
#endif
	:: d_step { r_up && r_key && r_deleted > r_flushed && nfull(to_publisher) -> /* later */
		r_flushed = r_number;
		to_publisher ! FLUSHED(0, r_flushed, 0);
		SAY("resolver: FLUSHED %d\n", r_flushed) }
	:: d_step { r_up && r_key && !r_complete && len(to_publisher) <= 6 ->
		r_sees[0] = 1;
		r_sees[1] = 1;
		r_complete = 1;
		SAY("resolver: now all lists are complete\n");
		SEEN(complete_later);
		r_announce() }
	od
}

#define TAKE(k) :: d_step { job[k].flying && nfull(to_resolver) -> \
	o = job[k].owner; \
	p_take(o, k, job[k].key, job[k].says); \
	o = 0; \
	clear_job(k) }

proctype Publisher()
{
	byte o, n, x;

end:
	do
	:: d_step { nempty(to_publisher) && nfull(to_resolver) ->
		if
		:: to_publisher ? CHUNK(o, n, x) -> p_chunk(o, n, x)
		:: to_publisher ? DELETE(o, n, x) -> p_delete(o, n, x)
		:: to_publisher ? FLUSHED(o, n, x) -> p_flushed(n); SEEN(flushed)
		fi;
		o = 0;
		n = 0;
		x = 0 }
	TAKE(1) TAKE(2) TAKE(3) TAKE(4) TAKE(5) TAKE(6)
	TAKE(7) TAKE(8) TAKE(9) TAKE(10) TAKE(11) TAKE(12)
	:: d_step { ALL_ARRIVED && !p_settled ->
		SAY("publisher: everybody has arrived\n");
		p_settle_owner(0);
		p_settle_owner(1);
		p_settled = 1;
		p_passed = 1 }
	:: d_step { p_passed && (out[0] != wanted[0] || out[1] != wanted[1]) -> p_write() }
	od
}

/* ---- the world ---- */

inline edit(o)
{
	version[o]++;
	here[o] = !here[o] || stays;
	was_away[o] = was_away[o] || !here[o];
	SAY("cluster: owner%d here=%d version=%d\n", o, here[o], version[o]);
	r_mark(o);
	stays = 0
}

inline cut()
{
	r_up = 0;
#ifndef NO_KEY_FIRST
	r_key = 0;
#endif
	do
	:: nempty(to_publisher) -> to_publisher ? _, _, _, _
	:: empty(to_publisher) -> break
	od;
	do
	:: nempty(to_resolver) -> to_resolver ? _, _, _
	:: empty(to_resolver) -> break
	od;
	skip
}
