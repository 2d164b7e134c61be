/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protocol by which a command survives its service (doc/restart.md): the guest's write is parked in the vCPU until
 * a reply of the running generation; what the service knows of the command stands in a journal that init owns; the
 * device works on whether anybody lives or not. The service can be stopped between any two steps, also of its recovery.
 *
 * Checked: every command is completed exactly once as the guest sees it; one that must not be repeated is executed at
 * most once; success is only reported of what was executed; the doorbell is never rung over a command at work; nobody
 * waits for ever. RIP passes the guest's write when it is not parked any more, and that is its answer's doing alone; an
 * instruction with several accesses is access.pml's. NO_JOURNAL, NO_DONE, NO_GENERATION, NO_ADOPT each leave one guard out
 * (model.sh wants errors then).
 */
#define COMMANDS 3
#define CRASHES 4

mtype = { FREE, PENDING, ISSUED, DONE };

/* Survives the service. */
mtype journal = FREE;
byte taken;            /* the newest command that was taken: the journal's sequence number */
bool ci;               /* PxCI: the device has the command */
byte at_device;
bool repeatable[COMMANDS + 1];
byte executed[COMMANDS + 1];

/* The guest and its vCPU. */
bool parked, delivered;
byte asked;            /* the command that the parked write is about */
byte generation = 1;
bool visible[COMMANDS + 1];
byte seen[COMMANDS + 1];
chan reply = [2] of { byte, byte }; /* generation, command */

bool kill;
byte crashes;

inline report(success)
{
    d_step {
        assert(!success || executed[taken] > 0);
        visible[taken] = true;
#ifndef NO_DONE
        journal = FREE /* the same store */
#endif
    }
#ifdef NO_DONE
    journal = FREE
#endif
}

inline ring()
{
    d_step {
        assert(!ci);
        at_device = taken;
        ci = true;
        rung = true
    }
}

active proctype service()
{
    bool rung;
    byte command;

again:
    {
        rung = false;
        /* recovery */
        if
#ifndef NO_ADOPT
        :: journal == ISSUED && ci -> rung = true
        :: journal == ISSUED && !ci && repeatable[taken] -> ring()
        :: journal == ISSUED && !ci && !repeatable[taken] -> report(false)
#else
        :: journal == ISSUED -> ring()
#endif
        :: journal != ISSUED -> skip
        fi;
end_serving:
        do
        :: parked && !delivered ->
            d_step { delivered = true; command = asked };
            if
            :: command != taken -> d_step { taken = command; journal = PENDING }
            :: command == taken -> skip /* a replay of what was taken before */
            fi;
            reply!generation, command
        :: journal == PENDING && !rung ->
#ifndef NO_JOURNAL
            journal = ISSUED;
#endif
            ring()
        :: rung && !ci ->
            rung = false;
            journal = DONE /* the data is copied before */
        :: journal == DONE -> report(true)
        od
    } unless {
        d_step {
            kill -> kill = false;
            generation++;
            delivered = false;
            rung = false;
            command = 0
        };
        goto again
    }
}

active proctype crasher()
{
end_enough:
    do
    :: crashes < CRASHES && !kill -> d_step { crashes++; kill = true }
    od
}

active proctype device()
{
end_idle:
    do
    :: ci ->
        d_step {
            executed[at_device]++;
            assert(repeatable[at_device] || executed[at_device] == 1);
            ci = false
        }
    od
}

active proctype kernel()
{
    byte g, c;

end_quiet:
    do
    :: atomic {
        reply?g, c ->
        if
#ifndef NO_GENERATION
        :: parked && g == generation -> parked = false
        :: else -> skip
#else
        :: parked -> parked = false
        :: else -> skip
#endif
        fi
    }
    od
}

#define TAKE(i) d_step { visible[i] -> visible[i] = false; seen[i]++; assert(seen[i] == 1) }

active proctype interrupt()
{
end_none:
    do
    :: TAKE(1)
    :: TAKE(2)
    :: TAKE(3)
    od
}

active proctype guest()
{
    byte c = 1;

    do
    :: c <= COMMANDS ->
        if
        :: repeatable[c] = true
        :: repeatable[c] = false
        fi;
        d_step { asked = c; delivered = false; parked = true };
        !parked;
        seen[c] == 1;
        c++
    :: c > COMMANDS -> break
    od
}
