/* SPDX-License-Identifier: BSD-2-Clause */
/* The opcodes (ACPI 6.5, table 20.3) and the functions behind the operators. Included by
 * internal.h. */
#ifndef WEIR_ACPI_AML_OPCODE_H
#define WEIR_ACPI_AML_OPCODE_H

struct walk;
struct aml_object;

struct op {
    const char *name;
    const char *parse;              /* how operands are encoded, see opcode.c */
    const char *kinds;              /* what they are converted to */
    uint8_t targets;                /* how many of the last operands are targets */
    result (*run)(struct walk *w, struct aml_object **operand, struct aml_object **value);
};

#define OPERANDS_MAX 7

const struct op *op_find(uint16_t opcode);

enum {
    OP_ZERO = 0x00,
    OP_ONE = 0x01,
    OP_ALIAS = 0x06,
    OP_NAME = 0x08,
    OP_BYTE = 0x0A,
    OP_WORD = 0x0B,
    OP_DWORD = 0x0C,
    OP_STRING = 0x0D,
    OP_QWORD = 0x0E,
    OP_SCOPE = 0x10,
    OP_BUFFER = 0x11,
    OP_PACKAGE = 0x12,
    OP_VAR_PACKAGE = 0x13,
    OP_METHOD = 0x14,
    OP_EXTERNAL = 0x15,
    OP_LOCAL0 = 0x60,
    OP_ARG0 = 0x68,
    OP_ARG6 = 0x6E,
    OP_STORE = 0x70,
    OP_REF_OF = 0x71,
    OP_ADD = 0x72,
    OP_CONCATENATE = 0x73,
    OP_SUBTRACT = 0x74,
    OP_INCREMENT = 0x75,
    OP_DECREMENT = 0x76,
    OP_MULTIPLY = 0x77,
    OP_DIVIDE = 0x78,
    OP_SHIFT_LEFT = 0x79,
    OP_SHIFT_RIGHT = 0x7A,
    OP_AND = 0x7B,
    OP_NAND = 0x7C,
    OP_OR = 0x7D,
    OP_NOR = 0x7E,
    OP_XOR = 0x7F,
    OP_NOT = 0x80,
    OP_SET_LEFT = 0x81,
    OP_SET_RIGHT = 0x82,
    OP_DEREF_OF = 0x83,
    OP_CONCAT_RES = 0x84,
    OP_MOD = 0x85,
    OP_NOTIFY = 0x86,
    OP_SIZE_OF = 0x87,
    OP_INDEX = 0x88,
    OP_MATCH = 0x89,
    OP_DWORD_FIELD = 0x8A,
    OP_WORD_FIELD = 0x8B,
    OP_BYTE_FIELD = 0x8C,
    OP_BIT_FIELD = 0x8D,
    OP_OBJECT_TYPE = 0x8E,
    OP_QWORD_FIELD = 0x8F,
    OP_LAND = 0x90,
    OP_LOR = 0x91,
    OP_LNOT = 0x92,
    OP_LEQUAL = 0x93,
    OP_LGREATER = 0x94,
    OP_LLESS = 0x95,
    OP_TO_BUFFER = 0x96,
    OP_TO_DECIMAL = 0x97,
    OP_TO_HEX = 0x98,
    OP_TO_INTEGER = 0x99,
    OP_TO_STRING = 0x9C,
    OP_COPY = 0x9D,
    OP_MID = 0x9E,
    OP_CONTINUE = 0x9F,
    OP_IF = 0xA0,
    OP_ELSE = 0xA1,
    OP_WHILE = 0xA2,
    OP_NOOP = 0xA3,
    OP_RETURN = 0xA4,
    OP_BREAK = 0xA5,
    OP_BREAK_POINT = 0xCC,
    OP_ONES = 0xFF,
    OP_EXTENDED = 0x5B,
    OP_MUTEX = 0x5B01,
    OP_EVENT = 0x5B02,
    OP_COND_REF_OF = 0x5B12,
    OP_CREATE_FIELD = 0x5B13,
    OP_LOAD_TABLE = 0x5B1F,
    OP_LOAD = 0x5B20,
    OP_STALL = 0x5B21,
    OP_SLEEP = 0x5B22,
    OP_ACQUIRE = 0x5B23,
    OP_SIGNAL = 0x5B24,
    OP_WAIT = 0x5B25,
    OP_RESET = 0x5B26,
    OP_RELEASE = 0x5B27,
    OP_FROM_BCD = 0x5B28,
    OP_TO_BCD = 0x5B29,
    OP_UNLOAD = 0x5B2A,
    OP_REVISION = 0x5B30,
    OP_DEBUG = 0x5B31,
    OP_FATAL = 0x5B32,
    OP_TIMER = 0x5B33,
    OP_REGION = 0x5B80,
    OP_FIELD = 0x5B81,
    OP_DEVICE = 0x5B82,
    OP_PROCESSOR = 0x5B83,
    OP_POWER = 0x5B84,
    OP_THERMAL = 0x5B85,
    OP_INDEX_FIELD = 0x5B86,
    OP_BANK_FIELD = 0x5B87,
    OP_DATA_REGION = 0x5B88,
    OP_METHOD_CALL = 0xFFFF /* not an encoding: walk->opcode while arguments are resolved */
};

#define INTERPRETER_REVISION 0x20260101u

/* operator.c, logic.c, text.c, reference.c, sync.c, loadop.c */
result op_math(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_divide(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_unary(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_increment(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_logic(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_match(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_convert(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_to_string(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_concatenate(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_concat_res(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_mid(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_store(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_copy(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_ref_of(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_cond_ref_of(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_deref_of(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_index(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_size_of(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_object_type(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_notify(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_acquire(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_release(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_wait(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_signal(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_reset(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_delay(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_timer(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_fatal(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_load(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_load_table(struct walk *w, struct aml_object **operand, struct aml_object **value);
result op_unload(struct walk *w, struct aml_object **operand, struct aml_object **value);

#endif
