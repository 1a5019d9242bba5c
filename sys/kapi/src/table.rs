//! One declaration per call; dispatch, tracing and documentation follow from it.

use crate::Info;

/// Builds the dense number-to-row index of one column at compile time; 0 means no row.
pub const fn number_index<const N: usize>(table: &[Info], column: usize) -> [u16; N] {
    let mut index = [0; N];
    let mut row = 0;
    while row < table.len() {
        if let Some(number) = table[row].numbers[column] {
            assert!((number as usize) < N, "a number is above the table's limit");
            assert!(index[number as usize] == 0, "a number is given twice");
            index[number as usize] = row as u16 + 1;
        }
        row += 1;
    }
    index
}

/// Declares an ABI's whole call table. Expects in scope: `calls` (one module per group, one function per call:
/// `fn name(call: &mut Call<'_>, arg: Type...) -> Result<Ret, Errno>`) and a type `Errno: From<Error> + ErrorWord`.
///
/// A row: `[number of each column, or -] name(arg: Type, ...) -> Type`, then nothing (done), `partial("what is missing")`
/// or `refused(error as kapi::Error's variant, "why")`.
#[macro_export]
macro_rules! syscalls {
    (
        columns [$($column:ident),+], limit $limit:literal;
        $($group:ident {
            $(
                $(#[doc = $doc:literal])*
                [$($nr:tt)+] $name:ident ( $($arg:ident : $ty:ty),* $(,)? ) -> $ret:ty
                $(, $status:ident ($($note:tt)*))? ;
            )*
        })*
    ) => {
        /// The names of the numbering columns.
        pub const COLUMNS: &[&str] = &[$(stringify!($column)),+];

        /// Every call of this ABI, in the order of the table file.
        pub static TABLE: &[$crate::Info] = ROWS;
        const ROWS: &[$crate::Info] = &[$($(
            $crate::Info {
                group: stringify!($group),
                name: stringify!($name),
                numbers: &[$($crate::syscalls!(@number $nr)),+],
                params: &[$($crate::Param {
                    name: stringify!($arg),
                    ty: stringify!($ty),
                    show: <$ty as $crate::Arg>::show,
                }),*],
                ret: stringify!($ret),
                status: $crate::syscalls!(@status $($status ($($note)*))?),
                doc: &[$($doc),*],
            },
        )*)*];

        #[repr(u16)]
        #[expect(non_camel_case_types, reason = "named as the calls are")]
        #[derive(Clone, Copy)]
        enum Row { $($($name,)*)* }
        const BY_ROW: &[Row] = &[$($(Row::$name,)*)*];

        static INDEX: [[u16; $limit]; COLUMNS.len()] = {
            let mut index = [[0; $limit]; COLUMNS.len()];
            let mut column = 0;
            while column < COLUMNS.len() {
                index[column] = $crate::number_index(ROWS, column);
                column += 1;
            }
            index
        };

        #[inline(always)]
        fn row_of(column: usize, number: u64) -> Option<usize> {
            let entry = *INDEX[column].get(usize::try_from(number).ok()?)?;
            (entry as usize).checked_sub(1)
        }

        /// The row that `number` names in `column`.
        pub(crate) fn row(column: usize, number: u64) -> Option<&'static $crate::Info> {
            row_of(column, number).map(|row| &TABLE[row])
        }

        /// Decodes the words by the table's types and runs the handler `calls::GROUP::NAME`.
        #[inline(always)]
        pub(crate) fn dispatch(
            call: &mut $crate::Call<'_>, column: usize, number: u64, words: &[u64; 6],
        ) -> Result<$crate::Outcome, Errno> {
            let Some(row) = row_of(column, number) else {
                $crate::trace::unknown_call(call, number);
                return Err(Errno::from($crate::Error::NoSuchCall));
            };
            let mut _words = words.iter().copied();
            match BY_ROW[row] {
                $($(Row::$name => $crate::syscalls!(
                    @run call, _words, $group::$name ($($ty),*) -> ($ret) $($status ($($note)*))?
                ),)*)*
            }
        }
    };

    (@number -) => { None };
    (@number $nr:literal) => { Some($nr) };

    (@status) => { $crate::Status::Done };
    (@status partial ($note:literal)) => { $crate::Status::Partial($note) };
    (@status refused ($error:ident, $note:literal)) => { $crate::Status::Refused($note) };

    (@run $call:ident, $words:ident, $group:ident::$name:ident ($($ty:ty),*) -> ($ret:ty) refused ($error:ident, $note:literal)) => {
        Err(Errno::from($crate::Error::$error))
    };
    (@run $call:ident, $words:ident, $group:ident::$name:ident ($($ty:ty),*) -> ($ret:ty) $($rest:tt)*) => {
        (|| -> Result<$ret, Errno> {
            calls::$group::$name($call, $(
                <$ty as $crate::Arg>::decode($words.next().unwrap_or(0))
                    .map_err(|bad| Errno::from($crate::Error::from(bad)))?
            ),*)
        })().map(<$ret as $crate::Ret>::outcome)
    };
}
