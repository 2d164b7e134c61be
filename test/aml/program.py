# SPDX-License-Identifier: BSD-2-Clause
"""One random valid definition block: integers, strings, buffers, packages, fields, methods."""

import random

METHODS = 12


class Program:
    """One definition block. Everything it can name is made first, so that what follows is valid."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []
        self.width = self.random.choice([1, 2, 2, 2])
        self.ints = [f"I{i}" for i in range(5)]
        self.strings = [f"S{i}" for i in range(3)]
        self.buffers = [f"B{i}" for i in range(3)]
        self.packages = [f"P{i}" for i in range(2)]
        self.fields = []
        self.functions = []             # (name, arguments)
        self.loop = 0
        self.initialized = True         # are there locals to use?

    def pick(self, *options):
        return self.random.choice(options)

    def chance(self, percent):
        return self.random.randrange(100) < percent

    # Literals

    def integer(self):
        r = self.random
        return self.pick("Zero", "One", "Ones", str(r.randrange(10)), f"0x{r.getrandbits(8):X}",
                         f"0x{r.getrandbits(32):X}", f"0x{r.getrandbits(63):X}")

    def string(self):
        r = self.random
        return '"' + self.pick("", "0", "abc", f"{r.getrandbits(20)}", f"0x{r.getrandbits(24):X}",
                               f"{r.getrandbits(40):X}", "12 34", "weir", "FFz", " 7", "0x") + '"'

    def buffer(self):
        size = self.pick(9, 10, 12, 16)
        return "Buffer () {" + ", ".join(f"0x{self.random.getrandbits(8):02X}" for _ in range(size)) + "}"

    def package(self, depth=1):
        items = [self.pick(self.integer, self.string, self.buffer, self.integer)() for _ in range(4)]
        if depth and self.chance(15):
            items[3] = self.package(depth - 1)
        return "Package () {" + ", ".join(items) + "}"

    # Expressions. Each kind is what the value most likely is; conversions do the rest.

    def index(self, count):
        """Within COUNT elements, nearly always."""
        return self.random.randrange(count + 1 if self.chance(3) else count)

    def place(self):
        """A variable that holds data."""
        return self.pick(*(f"Local{i}" for i in range(4 if self.initialized else 0)), *self.ints, *self.strings, *self.buffers,
                         *self.fields, *(f"Arg{i}" for i in range(self.arguments)))

    def target(self):
        if self.chance(15):
            return f"Index ({self.pick(*self.buffers)}, {self.index(9)})"
        if self.chance(10):
            return f"Index ({self.pick(*self.packages)}, {self.index(4)})"
        return self.place()

    def number(self, depth):
        if depth <= 0 or self.chance(20):
            return self.pick(self.integer(), self.pick(*self.ints), self.place(),
                             self.pick(*(self.fields or self.ints)))
        sub = lambda: self.value(depth - 1) if self.chance(25) else self.number(depth - 1)  # noqa: E731
        two = self.pick("Add", "Subtract", "Multiply", "And", "NAnd", "Or", "NOr", "XOr", "LAnd", "LOr",
                        "LEqual", "LGreater", "LLess", "LNotEqual", "LLessEqual", "LGreaterEqual")
        return self.pick(
            lambda: f"{two} ({sub()}, {sub()})",
            lambda: f"{two} ({sub()}, {sub()})",
            lambda: f"{two} ({sub()}, {sub()})",
            lambda: f"Mod ({sub()}, {self.random.randrange(1, 99)})",
            lambda: f"ShiftLeft ({sub()}, {self.random.randrange(70)})",
            lambda: f"ShiftRight ({sub()}, {self.random.randrange(70)})",
            lambda: f"Not ({sub()})",
            lambda: f"LNot ({sub()})",
            lambda: f"FindSetLeftBit ({sub()})",
            lambda: f"FindSetRightBit ({sub()})",
            lambda: f"FromBCD (0x{self.random.randrange(10 ** 8)})",
            lambda: f"ToBCD ({self.random.randrange(10 ** 8)})",
            lambda: f"ToInteger ({sub()})",
            lambda: f"SizeOf ({self.pick(*self.strings, *self.buffers, *self.packages, *self.ints)})",
            lambda: f"ObjectType ({self.pick(*self.strings, *self.buffers, *self.packages, *self.ints)})",
            lambda: f"Divide ({sub()}, {self.index(40) + 1 if self.chance(99) else 0}, {self.place()})",
            lambda: f"DerefOf (Index ({self.pick(*self.buffers)}, {self.index(9)}))",
            lambda: f"Increment ({self.pick(*self.ints)})",
            lambda: f"Decrement ({self.pick(*self.ints)})",
            lambda: f"CondRefOf ({self.pick('I0', 'NONE', 'P0')})",
            lambda: f"Match ({self.pick(*self.packages)}, {self.compare()}, {self.integer()}, "
                    f"{self.compare()}, {self.integer()}, {self.index(4)})",
        )()

    def compare(self):
        return self.pick("MTR", "MEQ", "MLE", "MLT", "MGE", "MGT")

    def text(self, depth):
        if depth <= 0 or self.chance(30):
            return self.pick(self.string(), self.pick(*self.strings))
        return self.pick(
            lambda: f"Concatenate ({self.text(depth - 1)}, {self.value(depth - 1)})",
            lambda: f"ToHexString ({self.value(depth - 1)})",
            lambda: f"ToDecimalString ({self.value(depth - 1)})",
            lambda: f"ToString ({self.bytes(depth - 1)}, {self.pick('Ones', '3')})",
            lambda: f"Mid ({self.text(depth - 1)}, {self.random.randrange(4)}, {self.random.randrange(6)})",
        )()

    def bytes(self, depth):
        if depth <= 0 or self.chance(30):
            return self.pick(self.buffer(), self.pick(*self.buffers))
        return self.pick(
            lambda: f"Concatenate ({self.bytes(depth - 1)}, {self.value(depth - 1)})",
            lambda: f"Concatenate ({self.number(depth - 1)}, {self.value(depth - 1)})",
            lambda: f"ToBuffer ({self.value(depth - 1)})",
            lambda: f"Mid ({self.bytes(depth - 1)}, {self.random.randrange(4)}, {self.random.randrange(6)})",
        )()

    def value(self, depth):
        options = [self.number, self.number, self.text, self.bytes]
        choice = self.random.randrange(len(options) + 2)
        if choice == len(options):
            return f"DerefOf (Index ({self.pick(*self.packages)}, {self.index(3)}))"
        if choice == len(options) + 1:
            if self.functions and depth > 0:
                name, count = self.pick(*self.functions)
                return f"{name} (" + ", ".join(self.value(depth - 1) for _ in range(count)) + ")"
            return self.place()
        return options[choice](depth)

    # Statements

    def statement(self, depth, indent):
        pad = "    " * indent
        kind = self.random.randrange(12 if depth else 8)
        if kind < 3:
            return [f"{pad}Store ({self.value(3)}, {self.target()})"]
        if kind == 3:
            name = self.pick("Add", "Subtract", "Multiply", "And", "Or", "XOr", "Concatenate")
            return [f"{pad}{name} ({self.value(2)}, {self.value(2)}, {self.target()})"]
        if kind == 4:
            return [f"{pad}CopyObject ({self.value(2)}, {self.pick('Local4', *self.ints[3:])})"]
        if kind == 5:
            # Not to a buffer: what is stored there as a string is the program's own text in acpiexec, and storing to
            # a byte of it changes the program.
            return [f"{pad}{self.pick('ToInteger', 'ToBuffer', 'ToHexString', 'ToDecimalString')} "
                    f"({self.value(2)}, {self.pick('Local0', 'Local1', *self.ints, *self.strings)})"]
        if kind == 6:
            return [f"{pad}Store (RefOf ({self.pick(*self.ints, *self.strings)}), Local5)",
                    f"{pad}Store (DerefOf (Local5), {self.target()})"]
        if kind == 7:
            return [f"{pad}{self.pick('Increment', 'Decrement')} ({self.pick(*self.ints, 'Local0')})"]
        if kind in (8, 9):
            lines = [f"{pad}If ({self.value(2)})", pad + "{", *self.block(depth - 1, indent + 1), pad + "}"]
            if self.chance(50):
                lines += [pad + "Else", pad + "{", *self.block(depth - 1, indent + 1), pad + "}"]
            return lines
        self.loop += 1
        counter = f"L{self.loop:03d}"
        lines = [f"{pad}Name ({counter}, Zero)", f"{pad}While (LLess ({counter}, {self.random.randrange(1, 5)}))",
                 pad + "{", f"{pad}    Increment ({counter})"]
        if depth > 1:
            lines += self.block(depth - 2, indent + 1)
        if self.chance(30):
            lines += [f"{pad}    If ({self.value(1)})", pad + "    {",
                      f"{pad}        {self.pick('Break', 'Continue')}", pad + "    }"]
        return lines + [pad + "}"]

    def block(self, depth, indent):
        return [line for _ in range(self.random.randrange(1, 5)) for line in self.statement(depth, indent)]

    def method(self, name, count, statements):
        self.arguments = count
        lines = [f"    Method ({name}, {count}, {self.pick('NotSerialized', 'Serialized')})", "    {"]
        for i in range(4):
            lines.append(f"        Store ({self.pick(self.integer, self.string, self.buffer)()}, Local{i})")
        for _ in range(statements):
            lines += self.statement(2, 2)
        lines += [f"        Return ({self.value(2)})", "    }"]
        return lines

    def declarations(self):
        out = [f"    Name ({name}, {self.integer()})" for name in self.ints]
        out += [f"    Name ({name}, {self.string()})" for name in self.strings]
        out += [f"    Name ({name}, {self.buffer()})" for name in self.buffers]
        out += [f"    Name ({name}, {self.package()})" for name in self.packages]
        out.append("    Name (BK, Buffer (16) {1, 2, 3, 4, 5, 6, 7, 8})")
        for i in range(3):
            length = self.random.randrange(1, 40)
            out.append(f"    CreateField (BK, {self.random.randrange(60)}, {length}, K{i})")
        out.append(f"    CreateDWordField (BK, {self.random.randrange(12)}, K3)")
        self.fields += [f"K{i}" for i in range(4)]
        for n in range(2):
            space = self.pick("SystemMemory", "SystemIO", "PCI_Config")
            out.append(f"    OperationRegion (R{n}, {space}, 0x{0x1000 * (n + 1):X}, 0x40)")
            rule = self.pick("Preserve", "WriteAsOnes", "WriteAsZeros")
            access = self.pick("AnyAcc", "ByteAcc", "WordAcc", "DWordAcc", "QWordAcc")
            items = []
            for i in range(4):
                if self.chance(40):
                    items.append(f", {self.random.randrange(1, 20)}")
                items.append(f"F{n}{i}, {self.random.randrange(1, 70)}")
                self.fields.append(f"F{n}{i}")
            out.append(f"    Field (R{n}, {access}, NoLock, {rule}) {{ {', '.join(items)} }}")
        out.append("    Field (R0, ByteAcc, NoLock, Preserve) { Offset (0x30), XI, 8, XD, 8 }")
        out.append(f"    IndexField (XI, XD, ByteAcc, NoLock, Preserve) {{ X0, {self.random.randrange(1, 16)}, "
                   f"X1, {self.random.randrange(1, 20)} }}")
        self.fields += ["X0", "X1"]
        return out

    def source(self):
        self.arguments = 0
        lines = [f'DefinitionBlock ("", "DSDT", {self.width}, "WEIR", "RANDOM", 1)', "{", *self.declarations()]
        for i in range(3):
            count = self.random.randrange(4)
            lines += self.method(f"M{i}", count, self.random.randrange(1, 5))
            self.functions.append((f"M{i}", count))
        for i in range(METHODS):
            lines += self.method(f"T{i:03d}", 0, self.random.randrange(2, 8))
        if self.chance(50):
            self.arguments = 0
            self.functions, self.initialized = [], False
            lines += [f"    If ({self.number(2)})", "    {", f"        Name (ML, {self.integer()})", "    }"]
        lines += ["    Method (TALL)", "    {", "        Return (Package () {" +
                  ", ".join(self.ints + self.strings + self.buffers + self.packages + ["BK"]) + "})", "    }", "}"]
        return "\n".join(lines) + "\n"
