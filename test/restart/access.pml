/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an instruction of the guest's with several accesses survives the two services that work on it: the emulator, which
 * says what comes next and knows nothing, and the owner of what is accessed. The kernel keeps the request in the vCPU
 * and the log of the accesses that were answered; RIP advances when the emulator says that nothing is left. Each
 * service can be stopped between any two steps; what it was asked is asked again.
 *
 * Checked: an access that was answered is not asked for again, an instruction is over when all of its accesses were
 * answered, and nobody waits for ever. NO_LOG, EARLY_RIP, NO_PENDING, NO_GENERATION each leave one rule out (model.sh
 * wants errors then).
 */
#define INSTRUCTIONS 2
#define ACCESSES 2
#define CRASHES 3
#define EMULATOR 0
#define OWNER 1
#define NOBODY 2

/* The vCPU. */
byte rip;
byte parked = NOBODY;   /* with whom its request is */
bool delivered;
byte log_count;         /* accesses of this instruction that were answered */
byte answered[INSTRUCTIONS * ACCESSES + 1];

byte generation[2];
bool kill[2];
byte crashes;
chan reply = [2] of { byte, byte, byte }; /* whose, of which generation, accesses answered before */

inline park(who)
{
    parked = who;
    delivered = false
}

inline end(who)
{
    d_step {
        kill[who] -> kill[who] = false;
        generation[who]++;
        if
        :: parked == who ->
            delivered = false;
#ifdef NO_PENDING
            delivered = true
#endif
        :: else -> skip
        fi;
#ifdef NO_LOG
        if
        :: who == EMULATOR -> log_count = 0
        :: else -> skip
        fi;
#endif
        g = 0;
        n = 0
    }
}

proctype service(byte who)
{
    byte g, n;

end_again:
    {
end_serving:
        do
        :: parked == who && !delivered ->
            d_step { delivered = true; g = generation[who]; n = log_count };
            reply!who, g, n
        od
    } unless {
        end(who);
        goto end_again
    }
}

proctype crasher()
{
end_enough:
    do
    :: crashes < CRASHES && !kill[EMULATOR] -> d_step { crashes++; kill[EMULATOR] = true }
    :: crashes < CRASHES && !kill[OWNER] -> d_step { crashes++; kill[OWNER] = true }
    od
}

inline take(who, n)
{
    if
    :: who == OWNER ->
        answered[rip * ACCESSES + n]++;
        assert(answered[rip * ACCESSES + n] == 1);
        log_count++;
        park(EMULATOR)
    :: who == EMULATOR && n < ACCESSES ->
        park(OWNER);
#ifdef EARLY_RIP
        if
        :: n + 1 == ACCESSES -> rip++; park(NOBODY); log_count = 0
        :: else -> skip
        fi
#endif
    :: who == EMULATOR && n == ACCESSES ->
        rip++;
        log_count = 0;
        park(NOBODY)
    fi
}

proctype kernel()
{
    byte who, g, n;

end_quiet:
    do
    :: atomic {
        reply?who, g, n ->
        if
#ifndef NO_GENERATION
        :: parked == who && delivered && g == generation[who] -> take(who, n)
#else
        :: parked == who -> take(who, n)
#endif
        :: else -> skip
        fi
    }
    od
}

proctype guest()
{
    byte i = 0;

    do
    :: i < INSTRUCTIONS ->
        d_step { assert(rip == i); park(EMULATOR) };
        rip > i;
        assert(rip == i + 1 && answered[i * ACCESSES] == 1 && answered[i * ACCESSES + 1] == 1);
        i++
    :: else -> break
    od
}

init
{
    atomic {
        run service(EMULATOR);
        run service(OWNER);
        run crasher();
        run kernel();
        run guest()
    }
}
