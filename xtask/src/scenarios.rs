//! What is tried on the booted system: a command line, and what must come of it.

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) line: &'static str,
    pub(crate) expect: Expect,
    /// Exit status of the line.
    pub(crate) status: u8,
    pub(crate) smp: u32,
    pub(crate) mem: &'static str,
    /// Seconds.
    pub(crate) timeout: u64,
}

/// What must be printed.
pub(crate) enum Expect {
    /// Exactly this, but for blanks at the end.
    Exactly(&'static str),
    /// All of these, in this order.
    Parts(&'static [&'static str]),
    /// Lines of tests: every `ok`, and no `FAIL`; at least so many.
    Oks(usize),
}

use Expect::{Exactly, Oks, Parts};

const fn scenario(name: &'static str, line: &'static str, expect: Expect) -> Scenario {
    Scenario {
        name,
        line,
        expect,
        status: 0,
        smp: 1,
        mem: "256M",
        timeout: 90,
    }
}

/// All of them.
pub(crate) static ALL: &[Scenario] = &[
    scenario(
        "native-linux-pipe",
        "ls /system | busybox grep linux | busybox wc -l",
        Exactly("1"),
    ),
    Scenario {
        status: 7,
        ..scenario(
            "linux-shell-status",
            "busybox sh -c \"echo a b c | busybox tr a-z A-Z; exit 7\"",
            Exactly("A B C"),
        )
    },
    scenario(
        "linux-sort",
        "busybox seq 1 100000 | busybox sort -rn | busybox head -1",
        Exactly("100000"),
    ),
    Scenario {
        smp: 4,
        timeout: 240,
        ..scenario(
            "background-jobs-smp4",
            "busybox sh -c \"for i in \\$(busybox seq 200); do /scarlet/bin/hello >/dev/null & done; wait; echo ok\"",
            Exactly("ok"),
        )
    },
    scenario(
        "pipe-native-linux-xv6-native",
        "echo one two | busybox cat | xupper | cat",
        Exactly("ONE TWO"),
    ),
    scenario(
        "pipe-xv6-linux-native",
        "xecho one two | busybox tr o 0 | tr --upper",
        Exactly("0NE TW0"),
    ),
    scenario(
        "pipe-linux-native-xv6",
        "busybox echo one two | tr --upper | xwc",
        Exactly("1 2 8"),
    ),
    scenario(
        "parent-linux",
        "busybox sh -c 'xv6=/xv6-riscv64; /scarlet/bin/echo a | $xv6/xupper | cat; /scarlet/bin/hello; $xv6/xhello'",
        Parts(&["A", "native", "xv6"]),
    ),
    scenario(
        "parent-xv6",
        "xsh -c 'echo b | xupper | cat' ; xsh -c '/linux-riscv64/bin/busybox echo c' ; xsh -c '/scarlet/bin/hello'",
        Parts(&["B", "c", "native"]),
    ),
    scenario(
        "parent-native",
        "xhello; busybox echo linux; hello",
        Parts(&["xv6", "linux", "native"]),
    ),
    scenario(
        "trace",
        "trace busybox echo hi 2>&1",
        Parts(&[
            "busybox",
            "set_tid_address(",
            "write(fd=1, buf=\"hi\\n\", count=3) = 3",
            "exit_group(code=0) = ?",
        ]),
    ),
    scenario(
        "trace-xv6",
        "trace xecho hi 2>&1",
        Parts(&["write(fd=1, buf=\"hi\", n=2) = 2", "exit(status=0) = ?"]),
    ),
    scenario("xv6-calls", "xtests", Oks(21)),
    scenario("linux-process", "t-process", Oks(31)),
    scenario("linux-signal", "t-signal", Oks(28)),
    scenario("linux-memory", "t-memory", Oks(28)),
    scenario("linux-file", "t-file", Oks(48)),
    scenario("linux-pipe", "t-pipe", Oks(14)),
    scenario("linux-time", "t-time", Oks(11)),
    scenario("linux-thread", "t-thread", Oks(12)),
    scenario("linux-poll", "t-poll", Oks(12)),
    scenario(
        "shell-language",
        "x=2; for i in 1 $x 3; do if echo $i | grep -q 2; then echo two; else echo -n \"$i \"; fi; done; echo $(echo a b | wc -w) ${none:-d} 'q  q' \"$x\"",
        Exactly("1 two\n3 2 d q  q 2"),
    ),
    Scenario {
        status: 127,
        ..scenario(
            "not-found",
            "nothing-there 2>&1",
            Exactly("sh: nothing-there: not found"),
        )
    },
    scenario(
        "files",
        "mkdir -p /tmp/a/b; echo hi > /tmp/a/b/c; cp -r /tmp/a /tmp/z; mv /tmp/z/b/c /tmp/z/d; ln -s d /tmp/z/e; cat /tmp/z/e; rm -r /tmp/a /tmp/z; ls /tmp | wc -l",
        Exactly("hi\n0"),
    ),
    scenario(
        "linux-writes-its-own-layer",
        "busybox sh -c 'echo x > /etc/made; cat /etc/made'; ls /system/linux-riscv64/etc | grep -c made; cat /data/config/linux-riscv64/etc/made",
        Exactly("x\n0\nx"),
    ),
    scenario(
        "home-is-shared",
        "echo shared > /home/f; busybox cat /home/f; xcat /home/f",
        Exactly("shared\nshared"),
    ),
    scenario(
        "hostile-native",
        "for m in jump0 null-read overflow write-text; do hostile $m; echo $?; done 2>&1; echo alive",
        Parts(&["139", "139", "139", "139", "alive"]),
    ),
    scenario(
        "hostile-native-pointers",
        "hostile bad-pointers < /dev/null; echo alive",
        Parts(&["survived", "alive"]),
    ),
    scenario(
        "hostile-xv6",
        "for m in kernel-read overflow write-text jump; do xhostile $m; done 2>&1; xhostile bad-pointers < /dev/null; echo alive",
        Parts(&["survived", "alive"]),
    ),
    scenario(
        "fork-bombs",
        "hostile fork-bomb; xhostile fork-bomb; echo alive",
        Parts(&["made", "made", "alive"]),
    ),
    Scenario {
        mem: "128M",
        timeout: 180,
        ..scenario(
            "eat-memory",
            "hostile eat-memory; echo $?; hello",
            Parts(&["native"]),
        )
    },
    scenario(
        "corrupt-images",
        "for n in 0 1 4 16 63 64 100 300 1000; do busybox head -c $n /system/linux-riscv64/bin/busybox > /tmp/cut; busybox chmod 755 /tmp/cut; /tmp/cut; done 2>/dev/null; echo alive",
        Exactly("alive"),
    ),
];

impl Expect {
    /// Why the output is not what it should be.
    pub(crate) fn misses(&self, output: &str) -> Option<String> {
        match self {
            Exactly(text) => {
                (output.trim_end() != text.trim_end()).then(|| format!("expected {text:?}"))
            }
            Parts(parts) => {
                let mut rest = output;
                for part in *parts {
                    match rest.find(part) {
                        Some(at) => rest = &rest[at + part.len()..],
                        None => return Some(format!("{part:?} is missing")),
                    }
                }
                None
            }
            Oks(least) => {
                let bad: Vec<&str> = output
                    .lines()
                    .filter(|line| line.starts_with("FAIL"))
                    .collect();
                let good = output
                    .lines()
                    .filter(|line| line.starts_with("ok "))
                    .count();
                match (bad.is_empty(), good >= *least) {
                    (true, true) => None,
                    (false, _) => Some(bad.join("; ")),
                    (true, false) => Some(format!("{good} of {least} tests reported")),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Expect;

    #[test]
    fn expectations_can_fail() {
        assert!(
            Expect::Exactly("a").misses("a\n").is_none()
                && Expect::Exactly("a").misses("b").is_some()
        );
        assert!(
            Expect::Parts(&["a", "b"]).misses("xaxb").is_none()
                && Expect::Parts(&["b", "a"]).misses("ab").is_some()
        );
        assert!(Expect::Oks(1).misses("ok a\n").is_none());
        assert!(
            Expect::Oks(2).misses("ok a\n").is_some()
                && Expect::Oks(1).misses("ok a\nFAIL b: c").is_some()
        );
    }
}
