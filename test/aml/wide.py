# SPDX-License-Identifier: BSD-2-Clause
"""Random programs with more of the language: references and methods that store through them, nested packages, names
in packages, aliases, scopes, bank and wide index fields, Switch, mutexes, events, fields of locals, CopyObject."""

from program import Program


class Wide(Program):
    """What acpiexec computes from freed memory or leaves to chance is not generated: storing a package to a named one,
    and acquiring a mutex in a method that another one calls (it serializes methods that make names by itself)."""

    def __init__(self, seed):
        super().__init__(seed)
        self.made = 0                   # names made in methods
        self.declared = False

    def new_name(self):
        self.made += 1
        return f"Q{self.made:03d}"

    # Declarations

    def bank_field(self, n):
        rule = self.pick("Preserve", "WriteAsOnes", "WriteAsZeros")
        access = self.pick("AnyAcc", "ByteAcc", "WordAcc", "DWordAcc")
        gap = self.pick("", "", f", {self.random.randrange(1, 9)}, ")
        self.fields += [f"Y{n}0", f"Y{n}1"]
        return (f"    BankField (R1, BS, {self.pick(0, 1, 3, 7)}, {access}, NoLock, {rule}) {{ Offset "
                f"(0x{self.pick(0x18, 0x20, 0x28):X}), {gap}Y{n}0, {self.random.randrange(1, 40)}, "
                f"Y{n}1, {self.random.randrange(1, 66)} }}")

    def index_fields(self):
        """Registers of any width, apart from that of the accesses."""
        width = self.pick("ByteAcc", "WordAcc", "DWordAcc")
        access = self.pick("AnyAcc", "ByteAcc", "WordAcc", "DWordAcc")
        rule = self.pick("Preserve", "WriteAsOnes", "WriteAsZeros")
        gap = self.pick("", f", {self.random.randrange(1, 20)}, ")
        self.fields += ["X2", "X3"]
        return [f"    Field (R0, {width}, NoLock, Preserve) {{ Offset (0x30), XJ, {self.pick(8, 16, 32)}, "
                f"Offset (0x38), XE, {self.pick(8, 16, 32)} }}",
                f"    IndexField (XJ, XE, {access}, NoLock, {rule}) {{ Offset ({self.random.randrange(9)}), "
                f"X2, {self.random.randrange(1, 30)}, {gap}X3, {self.random.randrange(1, 60)} }}"]

    def declarations(self):
        out = super().declarations()
        out.append(f"    Field (R1, ByteAcc, NoLock, Preserve) {{ Offset (0x38), BS, {self.pick(8, 8, 2)} }}")
        out += [self.bank_field(n) for n in range(2)] + self.index_fields()
        out += [f"    Mutex (MX{i}, {self.random.randrange(4)})" for i in range(3)]
        out += ["    Event (EV0)", "    Alias (I1, AI0)", "    Alias (B0, AB0)", "    Alias (S1, AS0)"]
        for i in range(2):
            item = self.pick("IO (Decode16, 0x60, 0x60, 1, 1)", "IRQNoFlags () {4}",
                             "Memory32Fixed (ReadWrite, 0x1000, 0x20)", "")
            out.append(f"    Name (RT{i}, ResourceTemplate () {{ {item} }})")
        out += ["    Name (PN, Package () {I0, \\_SB, B1, \"x\", Package () {S0, P0, 3}, F00, K1})",
                f"    Device (DV0) {{ Name (I0, {self.integer()}) Name (S0, {self.string()})",
                "        Method (GT, 1, Serialized) { Store (Arg0, I0) Return (Add (I0, I1)) }",
                "        Method (GS) { Return (^S0) }",
                "        Method (GU) { Return (Concatenate (S0, ^I0)) } }",
                "    Method (SETR, 2) { Store (Arg1, Arg0) Return (Arg0) }",
                "    Method (SETC, 2) { CopyObject (Arg1, Arg0) Return (DerefOf (Arg0)) }",
                "    Method (GETR, 1) { Return (DerefOf (Arg0)) }",
                "    Method (SETX, 2) { Store (Arg1, Index (Arg0, 1)) Return (Arg0) }",
                "    Method (SETD, 2) { Store (Arg1, Index (DerefOf (Arg0), 0)) Return (1) }",
                "    Method (INCR, 1) { Increment (Arg0) Return (Arg0) }",
                "    Method (ADDR, 2) { Add (DerefOf (Arg0), 1, Arg0) Return (DerefOf (Arg0)) }"]
        self.declared = True
        return out

    # Expressions

    def place(self):
        if self.declared and self.chance(5):
            return self.pick("AI0", "AS0", "AB0")
        return super().place()

    def reference(self):
        return self.pick(f"RefOf ({self.place()})",
                         f"RefOf ({self.pick(*self.ints, *self.strings, *self.buffers, *self.packages)})",
                         f"Index ({self.pick(*self.packages)}, {self.index(4)})",
                         f"Index ({self.pick(*self.buffers)}, {self.index(9)})")

    def wide(self):
        """Is there something to use, and is it to be used here?"""
        return self.declared and self.initialized

    def value(self, depth):
        if depth <= 0 or not self.wide() or not self.chance(14):
            return super().value(depth)
        value = self.value(depth - 1)
        thing = self.pick("DV0", "MX0", "EV0", "R0", "P0", "PN")
        return self.pick(
            lambda: f"DerefOf ({self.reference()})",
            lambda: f"GETR ({self.reference()})",
            lambda: f"SETX ({self.pick(*self.packages, *self.buffers, 'Local0', 'PN')}, {value})",
            lambda: f"SETC (RefOf (Local{self.random.randrange(4)}), {value})",
            lambda: f"ADDR ({self.reference()}, 1)",
            lambda: f"INCR ({value})",
            lambda: f"SizeOf ({self.place()})",
            lambda: f"ObjectType ({self.place()})",
            lambda: f"ObjectType ({self.pick(thing, 'GETR', 'DV0.I0', 'F00', 'K0')})",
            lambda: self.pick(f"DV0.GT ({value})", "DV0.GS ()", "DV0.GU ()"),
            lambda: f"ConcatenateResTemplate ({self.pick('RT0', 'RT1')}, {self.pick('RT0', 'RT1')})",
            lambda: f"DerefOf (Index (DerefOf (Index (PN, 4)), {self.index(3)}))",
            lambda: f"DerefOf (Index (PN, {self.pick(0, 2, 3, 5, 6)}))",
            lambda: "Wait (EV0, 1)",
            lambda: f"Mid ({self.place()}, {self.pick(self.integer(), '1', '2')}, {self.random.randrange(9)})",
            lambda: f"ToString ({self.place()}, {self.pick('Ones', '2', '0', self.integer())})",
            lambda: f"Match ({self.pick(*self.packages)}, {self.compare()}, {value}, {self.compare()}, "
                    f"{self.value(1)}, {self.index(4)})",
            lambda: f"Concatenate ({thing}, {value})",
            lambda: f"Concatenate ({value}, {thing})",
        )()

    # Statements

    def switch(self, pad, indent):
        lines = [f"{pad}Switch (ToInteger ({self.value(2)}))", pad + "{"]
        for case in (f"Case ({self.pick('Zero', 'One', '2', '0xFFFFFFFF')})", "Case (Package () {3, 4, 5})", "Default"):
            lines += [f"{pad}    {case}", pad + "    {", *self.block(0, indent + 2), pad + "    }"]
        return lines + [pad + "}"]

    def buffer_field(self, pad):
        """A field of a local, or one more of a named buffer."""
        name, value = self.new_name(), self.value(2)
        if self.chance(50):
            kind = self.pick("Bit", "Byte", "Word", "DWord", "QWord")
            return [f"{pad}Store ({self.pick('BK', 'Buffer (16) {1, 2, 3}')}, Local4)",
                    f"{pad}Create{kind}Field (Local4, {self.random.randrange(12)}, {name})",
                    f"{pad}Store ({value}, {name})", f"{pad}Store (Local4, {self.target()})"]
        return [f"{pad}CreateField ({self.pick('BK', 'B0', 'B1')}, {self.random.randrange(30)}, "
                f"{self.random.randrange(1, 60)}, {name})",
                f"{pad}Store ({value}, {name})", f"{pad}Store ({name}, {self.target()})"]

    def through_local(self, pad):
        use = self.pick(f"Store (DerefOf (Local5), {self.target()})", f"Store (ObjectType (Local5), {self.target()})",
                        f"Store (SizeOf (Local5), {self.target()})", "Increment (Local5)",
                        f"Store (GETR (Local5), {self.target()})", f"SETR (Local5, {self.value(2)})")
        return [f"{pad}Store ({self.reference()}, Local5)", pad + use]

    def statement(self, depth, indent):
        if not self.wide() or not self.chance(28):
            return super().statement(depth, indent)
        pad = "    " * indent
        value = self.value(2)
        named = self.pick(*self.ints[3:], *self.strings[2:], *self.buffers[2:], "Local4")
        called = len(self.functions) < 3        # M0 to M2 are being made
        mutex = f"MX{self.random.randrange(3)}"
        return self.pick(
            lambda: [f"{pad}SETR ({self.reference()}, {value})"],
            lambda: [f"{pad}SETD (RefOf ({self.pick(*self.packages, *self.buffers)}), {value})"],
            lambda: self.switch(pad, indent),
            lambda: [f"{pad}CopyObject ({value}, {named})"],
            lambda: [f"{pad}Store ({self.pick(self.package(), *self.packages)}, Local4)"],
            lambda: [f"{pad}Signal (EV0)"] if called else [f"{pad}Acquire ({mutex}, 0xFFFF)"],
            lambda: [f"{pad}Reset (EV0)"] if called else [f"{pad}Release ({mutex})"],
            lambda: self.buffer_field(pad),
            lambda: [f"{pad}Store ({value}, Index (DerefOf (Index (PN, 4)), {self.index(3)}))"],
            lambda: [f"{pad}Store ({value}, Index (PN, {self.random.randrange(3, 7)}))"],
            lambda: self.through_local(pad),
            lambda: [f"{pad}Store ({value}, {self.pick('DV0.I0', 'DV0.S0', 'AI0', 'AB0', 'AS0')})"],
            lambda: [f"{pad}Divide ({value}, {self.value(1)}, {self.target()}, {self.target()})"],
        )()

    def source(self):
        fields = ["F00", "Y00", "Y11", "X2", "X3", "F13", "XJ", "XE", "DV0.I0", "DV0.S0"]
        lines = ["    Method (TNEW)", "    {", f"        Store (Package ({len(fields) + 1}) {{}}, Local0)",
                 f"        Store (PN, Index (Local0, {len(fields)}))"]
        lines += [f"        Store ({field}, Index (Local0, {i}))" for i, field in enumerate(fields)]
        # Switch makes names.
        text = super().source().replace("NotSerialized", "Serialized").rstrip()
        return "\n".join([text[:-1], *lines, "        Return (Local0)", "    }", "}"]) + "\n"
