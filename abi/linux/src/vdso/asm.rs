//! As much of a RISC-V assembler as the vdso needs. Source: the RISC-V unprivileged specification, chapters RV32I, RV64I, M, Zicsr.

use alloc::vec::Vec;

pub(super) const ZERO: u32 = 0;
pub(super) const RA: u32 = 1;
pub(super) const T0: u32 = 5;
pub(super) const T1: u32 = 6;
pub(super) const T2: u32 = 7;
pub(super) const A0: u32 = 10;
pub(super) const A1: u32 = 11;
pub(super) const A7: u32 = 17;
pub(super) const T3: u32 = 28;

const LOAD: u32 = 0x03;
const IMMEDIATE: u32 = 0x13;
const STORE: u32 = 0x23;
const REGISTER: u32 = 0x33;
const BRANCH: u32 = 0x63;
const SYSTEM: u32 = 0x73;

/// A forward branch whose target is not known yet: the index of its word.
pub(super) struct Forward(usize);

/// Collects instructions.
pub(super) struct Asm {
    start: i32,
    words: Vec<u32>,
}

impl Asm {
    /// Code that begins `start` bytes into its page.
    pub(super) fn new(start: i32) -> Asm {
        Asm {
            start,
            words: Vec::new(),
        }
    }

    /// Offset in the page of the next instruction.
    pub(super) fn here(&self) -> i32 {
        self.start + self.words.len() as i32 * 4
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|w| w.to_le_bytes()).collect()
    }

    fn r(&mut self, f7: u32, f3: u32, rd: u32, a: u32, b: u32) {
        self.words
            .push(f7 << 25 | b << 20 | a << 15 | f3 << 12 | rd << 7 | REGISTER);
    }

    fn i(&mut self, op: u32, f3: u32, rd: u32, a: u32, imm: i32) {
        self.words
            .push((imm as u32) << 20 | a << 15 | f3 << 12 | rd << 7 | op);
    }

    fn branch(&mut self, f3: u32, a: u32, b: u32) -> Forward {
        self.words.push(b << 20 | a << 15 | f3 << 12 | BRANCH);
        Forward(self.words.len() - 1)
    }

    /// Makes a branch go to the next instruction.
    pub(super) fn land(&mut self, branch: Forward) {
        let d = ((self.words.len() - branch.0) * 4) as u32;
        self.words[branch.0] |=
            (d >> 12 & 1) << 31 | (d >> 5 & 0x3f) << 25 | (d >> 1 & 0xf) << 8 | (d >> 11 & 1) << 7;
    }

    pub(super) fn branch_equal(&mut self, a: u32, b: u32) -> Forward {
        self.branch(0, a, b)
    }

    pub(super) fn branch_not_equal(&mut self, a: u32, b: u32) -> Forward {
        self.branch(1, a, b)
    }

    pub(super) fn add(&mut self, rd: u32, a: u32, b: u32) {
        self.r(0, 0, rd, a, b);
    }

    pub(super) fn divide(&mut self, rd: u32, a: u32, b: u32) {
        self.r(1, 5, rd, a, b);
    }

    pub(super) fn remainder(&mut self, rd: u32, a: u32, b: u32) {
        self.r(1, 7, rd, a, b);
    }

    pub(super) fn sltiu(&mut self, rd: u32, a: u32, imm: i32) {
        self.i(IMMEDIATE, 3, rd, a, imm);
    }

    /// A constant of 12 bits.
    pub(super) fn load_small(&mut self, rd: u32, imm: i32) {
        self.i(IMMEDIATE, 0, rd, ZERO, imm);
    }

    /// The constant 1,000,000,000.
    pub(super) fn billion(&mut self, rd: u32) {
        self.words.push(0x3b9a_d000 | rd << 7 | 0x37);
        self.i(IMMEDIATE, 0, rd, rd, -0x600);
    }

    pub(super) fn load(&mut self, rd: u32, base: u32, offset: i32) {
        self.i(LOAD, 3, rd, base, offset);
    }

    pub(super) fn store(&mut self, value: u32, base: u32, offset: i32) {
        let o = offset as u32;
        self.words.push(
            (o >> 5 & 0x7f) << 25 | value << 20 | base << 15 | 3 << 12 | (o & 0x1f) << 7 | STORE,
        );
    }

    /// The call of this number.
    pub(super) fn call(&mut self, number: i32) {
        self.load_small(A7, number);
        self.words.push(SYSTEM);
    }

    pub(super) fn ret(&mut self) {
        self.words.push(RA << 15 | 0x67);
    }

    /// Points t0 one page back; gives how far behind the data page's start that is.
    pub(super) fn data_page(&mut self) -> i32 {
        let at = self.here();
        // auipc t0, -1
        self.words.push(0xffff_f000 | T0 << 7 | 0x17);
        at
    }

    /// Monotonic time in ns in t1, from the counter and the parameters; t0 is as [`Asm::data_page`] left it. Uses t2, t3.
    pub(super) fn monotonic(&mut self, data: i32, ticks: i32, ns: i32, scale: i32) {
        // rdtime t1
        self.words.push(0xc01 << 20 | 2 << 12 | T1 << 7 | SYSTEM);
        self.load(T2, T0, ticks - data);
        self.r(0x20, 0, T1, T1, T2);
        self.load(T2, T0, scale - data);
        // The product has 128 bits; its middle 64 are the ns.
        self.r(1, 0, T3, T1, T2);
        self.r(1, 3, T1, T1, T2);
        self.i(IMMEDIATE, 5, T3, T3, 32);
        self.i(IMMEDIATE, 1, T1, T1, 32);
        self.add(T1, T1, T3);
        self.load(T2, T0, ns - data);
        self.add(T1, T1, T2);
    }
}

#[cfg(test)]
mod tests {
    use super::{A0, A1, Asm, T0, T1, T2, ZERO};

    #[test]
    fn instructions_are_encoded_as_an_assembler_does() {
        let mut asm = Asm::new(0x400);
        asm.load(T2, T0, -0x400);
        asm.store(T1, A1, 8);
        asm.billion(T2);
        asm.divide(T1, T1, T2);
        asm.ret();
        let skip = asm.branch_equal(A0, ZERO);
        asm.add(T1, T1, T2);
        asm.land(skip);
        let expected: [u32; 8] = [
            0xc002_b383,
            0x0065_b423,
            0x3b9a_d3b7,
            0xa003_8393,
            0x0273_5333,
            0x0000_8067,
            0x0005_0463,
            0x0073_0333,
        ];
        let bytes: Vec<u8> = expected.iter().flat_map(|w| w.to_le_bytes()).collect();
        assert_eq!(asm.bytes(), bytes);
    }
}
