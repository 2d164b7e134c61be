/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port that the guest finds empty (storage.deny). Firmware met the disk before Weir ran and may still send it
 * commands; they are answered at once as aborted, so that it does not wait for its time limit.
 */
#include "storage.h"
#include <string.h>

#define TFD_EMPTY 0x7fu
#define TFD_ABORTED 0x0451u /* DRDY, DSC, ERR; ABRT */

uint32_t denied_read(struct port *p, unsigned reg)
{
    const struct saved_port *s = p->s;

    switch (reg) {
    case PX_CLB:
        return (uint32_t)s->clb;
    case PX_CLBU:
        return (uint32_t)(s->clb >> 32);
    case PX_FB:
        return (uint32_t)s->fb;
    case PX_FBU:
        return (uint32_t)(s->fb >> 32);
    case PX_IS:
        return s->is;
    case PX_IE:
        return s->ie;
    case PX_CMD:
        return s->running & CMD_ST ? s->running | CMD_CR | CMD_FR : s->running & CMD_FRE ? s->running | CMD_FR : 0;
    case PX_TFD:
        return s->is & IS_TFES ? TFD_ABORTED : TFD_EMPTY;
    case PX_SIG:
        return 0xffffffff;
    case PX_SCTL:
        return s->sctl;
    case PX_CI:
        return s->ci;
    default:
        return 0;
    }
}

void denied_abort(struct port *p, uint32_t slots)
{
    p->s->ci |= slots;
    p->s->is |= IS_DHRS | IS_TFES;
    if (p->fis) {
        static const uint8_t fis[20] = { FIS_D2H_TYPE, 0x40, TFD_ABORTED & 0xff, TFD_ABORTED >> 8 };

        memcpy(p->fis + FIS_D2H, fis, sizeof(fis));
    }
}

void denied_write(struct port *p, unsigned reg, uint32_t value)
{
    struct saved_port *s = p->s;

    switch (reg) {
    case PX_CLB:
    case PX_CLBU:
    case PX_FB:
    case PX_FBU:
        port_write(p, reg, value);
        break;
    case PX_IS:
        s->is &= ~value;
        break;
    case PX_IE:
        s->ie = value;
        break;
    case PX_CMD:
        s->running = value & (CMD_ST | CMD_FRE);
        if (!(value & CMD_ST))
            s->ci = 0;
        break;
    case PX_SCTL:
        s->sctl = value & 0xfff;
        break;
    case PX_CI:
        if (s->running & CMD_ST && value)
            denied_abort(p, value);
        break;
    }
}
