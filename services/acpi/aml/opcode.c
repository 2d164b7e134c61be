/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The operators (ACPI 6.5, 20.2.5): how their operands are encoded, what they are converted to, and
 * who runs them. Declarations and flow of control have their own syntax and are dispatched in
 * exec.c.
 *
 * Encodings, one letter per operand:
 *   T  TermArg                           t  Target (a 0 byte: none)
 *   S  SuperName, may call a method      n  SimpleName, never calls
 *   m  SimpleName that may be missing    b  ByteData   w  WordData   d  DWordData
 * Conversions:
 *   I integer    B buffer             S string                      Z string or buffer
 *   A anything   C integer, string    X package, string or buffer   L region or buffer
 *   P package      or buffer          D what may be stored          H table handle
 *   M mutex      E event
 *   -  left as it is              v, o, R  a name or reference (R: or a string)
 *   r  target, converts to the type that is there    w  the same, for Store
 *   f  target, replaced without conversion           s  the same, for CopyObject
 */
#include "internal.h"

static const struct op one_byte[256] = {
    [OP_STORE] = { "Store", "TS", "Dw", 1, op_store },
    [OP_REF_OF] = { "RefOf", "n", "o", 0, op_ref_of },
    [OP_ADD] = { "Add", "TTt", "IIr", 1, op_math },
    [OP_CONCATENATE] = { "Concatenate", "TTt", "AAr", 1, op_concatenate },
    [OP_SUBTRACT] = { "Subtract", "TTt", "IIr", 1, op_math },
    [OP_INCREMENT] = { "Increment", "S", "r", 1, op_increment },
    [OP_DECREMENT] = { "Decrement", "S", "r", 1, op_increment },
    [OP_MULTIPLY] = { "Multiply", "TTt", "IIr", 1, op_math },
    [OP_DIVIDE] = { "Divide", "TTtt", "IIrr", 2, op_divide },
    [OP_SHIFT_LEFT] = { "ShiftLeft", "TTt", "IIr", 1, op_math },
    [OP_SHIFT_RIGHT] = { "ShiftRight", "TTt", "IIr", 1, op_math },
    [OP_AND] = { "And", "TTt", "IIr", 1, op_math },
    [OP_NAND] = { "NAnd", "TTt", "IIr", 1, op_math },
    [OP_OR] = { "Or", "TTt", "IIr", 1, op_math },
    [OP_NOR] = { "NOr", "TTt", "IIr", 1, op_math },
    [OP_XOR] = { "XOr", "TTt", "IIr", 1, op_math },
    [OP_NOT] = { "Not", "Tt", "Ir", 1, op_unary },
    [OP_SET_LEFT] = { "FindSetLeftBit", "Tt", "Ir", 1, op_unary },
    [OP_SET_RIGHT] = { "FindSetRightBit", "Tt", "Ir", 1, op_unary },
    [OP_DEREF_OF] = { "DerefOf", "S", "R", 0, op_deref_of },
    [OP_CONCAT_RES] = { "ConcatenateResTemplate", "TTt", "BBr", 1, op_concat_res },
    [OP_MOD] = { "Mod", "TTt", "IIr", 1, op_math },
    [OP_NOTIFY] = { "Notify", "ST", "vI", 0, op_notify },
    [OP_SIZE_OF] = { "SizeOf", "S", "-", 0, op_size_of },
    [OP_INDEX] = { "Index", "TTt", "XIr", 1, op_index },
    [OP_MATCH] = { "Match", "TbTbTT", "PICICI", 0, op_match },
    [OP_OBJECT_TYPE] = { "ObjectType", "n", "-", 0, op_object_type },
    [OP_LAND] = { "LAnd", "TT", "II", 0, op_logic },
    [OP_LOR] = { "LOr", "TT", "II", 0, op_logic },
    [OP_LNOT] = { "LNot", "T", "I", 0, op_logic },
    [OP_LEQUAL] = { "LEqual", "TT", "CC", 0, op_logic },
    [OP_LGREATER] = { "LGreater", "TT", "CC", 0, op_logic },
    [OP_LLESS] = { "LLess", "TT", "CC", 0, op_logic },
    [OP_TO_BUFFER] = { "ToBuffer", "Tt", "Cf", 1, op_convert },
    [OP_TO_DECIMAL] = { "ToDecimalString", "Tt", "Cf", 1, op_convert },
    [OP_TO_HEX] = { "ToHexString", "Tt", "Cf", 1, op_convert },
    [OP_TO_INTEGER] = { "ToInteger", "Tt", "Cf", 1, op_convert },
    [OP_TO_STRING] = { "ToString", "TTt", "BIf", 1, op_to_string },
    [OP_COPY] = { "CopyObject", "Tn", "As", 1, op_copy },
    [OP_MID] = { "Mid", "TTTt", "ZIIr", 1, op_mid },
};

/* After 5Bh. */
static const struct op two_byte[256] = {
    [OP_COND_REF_OF & 0xFF] = { "CondRefOf", "mt", "or", 1, op_cond_ref_of },
    [OP_LOAD_TABLE & 0xFF] = { "LoadTable", "TTTTTT", "SSSSSA", 0, op_load_table },
    [OP_LOAD & 0xFF] = { "Load", "nS", "Lr", 1, op_load },
    [OP_STALL & 0xFF] = { "Stall", "T", "I", 0, op_delay },
    [OP_SLEEP & 0xFF] = { "Sleep", "T", "I", 0, op_delay },
    [OP_ACQUIRE & 0xFF] = { "Acquire", "Sw", "MI", 0, op_acquire },
    [OP_SIGNAL & 0xFF] = { "Signal", "S", "E", 0, op_signal },
    [OP_WAIT & 0xFF] = { "Wait", "ST", "EI", 0, op_wait },
    [OP_RESET & 0xFF] = { "Reset", "S", "E", 0, op_reset },
    [OP_RELEASE & 0xFF] = { "Release", "S", "M", 0, op_release },
    [OP_FROM_BCD & 0xFF] = { "FromBCD", "Tt", "If", 1, op_unary },
    [OP_TO_BCD & 0xFF] = { "ToBCD", "Tt", "If", 1, op_unary },
    [OP_UNLOAD & 0xFF] = { "Unload", "S", "H", 0, op_unload },
    [OP_FATAL & 0xFF] = { "Fatal", "bdT", "III", 0, op_fatal },
    [OP_TIMER & 0xFF] = { "Timer", "", "", 0, op_timer },
};

const struct op *op_find(uint16_t opcode)
{
    const struct op *op =
        opcode >> 8 == OP_EXTENDED ? &two_byte[opcode & 0xFF] : &one_byte[opcode & 0xFF];

    return op->run ? op : NULL;
}
