//! The canonical tree of a condition.

use std::sync::Arc;

use actra_diagnostics::Span;
use actra_model::{Cidr, Pattern, RecordName, TypeKind, Value, Zone};

/// A node of the canonical tree.
///
/// INVARIANT (well typed): the compiler built it; operands have the types that their node needs, or are of type
/// `any` behind a [`ExprKind::Convert`].
/// INVARIANT (bounded depth): nesting is at most `limits::NESTING`.
///
/// A policy may have a million nodes, so rare and large parts of a node are boxed, and conditions may share operands: a
/// node is identified by its position in a condition, never by its address.
#[derive(Debug, Clone)]
pub struct Expr {
    /// The form of this node, with its operands.
    pub kind: ExprKind,
    /// Where it was written; for a definition's body, in the definition.
    pub span: Span,
}

/// The forms of the canonical tree.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A constant value. Lists of literals are one literal.
    Literal(Value),
    /// The top-level field of a record; `action.type` is a string.
    Field {
        /// The record.
        record: RecordName,
        /// The field.
        name: Arc<str>,
    },
    /// A macro variable.
    Variable(Variable),
    /// A declared member of an object.
    Member {
        /// The object.
        operand: Arc<Expr>,
        /// The member.
        name: Arc<str>,
        /// Whether an absent operand makes this absent (behind `.?`) instead of undetermined.
        chained: bool,
    },
    /// A look-up by key (map), index (list), or either (`any`, by what it turns out to be).
    Lookup {
        /// The container.
        operand: Arc<Expr>,
        /// The key or index.
        key: Arc<Expr>,
        /// Whether an absent operand makes this absent (behind `.?`) instead of undetermined.
        chained: bool,
    },
    /// `has(x)`: operand is a Field, Member or Lookup.
    Has(Arc<Expr>),
    /// `x.orValue(d)`: the operand, or `default` when it is absent.
    OrValue {
        /// A read that may be absent.
        operand: Arc<Expr>,
        /// The value in place of an absent one.
        default: Arc<Expr>,
    },
    /// `!x`
    Not(Arc<Expr>),
    /// `a && b && ...`: at least two, none of them an `And`.
    And(Vec<Expr>),
    /// `a || b || ...`: at least two, none of them an `Or`.
    Or(Vec<Expr>),
    /// A comparison of two operands.
    Compare {
        /// Which comparison it is.
        op: Comparison,
        /// The left operand.
        left: Arc<Expr>,
        /// The right operand.
        right: Arc<Expr>,
    },
    /// `x == null` for an `any`.
    IsNull(Arc<Expr>),
    /// `element in container`: list elements, map keys, or either (`any`).
    In {
        /// The element to look for.
        element: Arc<Expr>,
        /// The list, map or `any` to look in.
        container: Arc<Expr>,
    },
    /// `path.within(base)`
    Within {
        /// The path.
        operand: Arc<Expr>,
        /// The path it must lie in or be.
        base: Arc<Expr>,
    },
    /// `cidr("...").containsIP(x)`
    InCidr {
        /// The address.
        operand: Arc<Expr>,
        /// The range.
        cidr: Cidr,
    },
    /// `x.matches("...")`
    Matches {
        /// The text.
        operand: Arc<Expr>,
        /// The pattern.
        pattern: Box<Pattern>,
    },
    /// `+ - *`: numbers; timestamps and durations; `+` on lists.
    Arithmetic {
        /// Which operation it is.
        op: ArithmeticOp,
        /// The left operand.
        left: Arc<Expr>,
        /// The right operand.
        right: Arc<Expr>,
    },
    /// `-x`: numbers and durations.
    Negate(Arc<Expr>),
    /// `c ? a : b`
    Conditional {
        /// The condition.
        condition: Arc<Expr>,
        /// The value when it holds.
        then: Arc<Expr>,
        /// The value otherwise.
        otherwise: Arc<Expr>,
    },
    /// A function of one to four operands, the receiver first.
    Call {
        /// Which function is called.
        function: Function,
        /// The operands, the receiver first.
        args: Vec<Expr>,
    },
    /// A calendar part of a timestamp, counted as CEL does.
    TimePart {
        /// Which part of the calendar it is.
        part: TimePart,
        /// The timestamp.
        operand: Arc<Expr>,
        /// The zone; UTC is written as one.
        zone: Box<Zone>,
    },
    /// A macro over the elements of a list, the keys of a map, or either of an `any`.
    Macro {
        /// Which macro it is.
        kind: MacroKind,
        /// The list or map that it ranges over.
        range: Arc<Expr>,
        /// The variables that it binds.
        variables: Box<Variables>,
        /// `map(x, filter, body)`: the filter.
        filter: Option<Arc<Expr>>,
        /// The predicate, or what `map` makes of each element.
        body: Arc<Expr>,
    },
    /// `[a, b]` with at least one element that is no literal.
    List(Vec<Expr>),
    /// `{"k": v}`: keys are literals, unique, in byte order.
    Map(Vec<(Arc<str>, Expr)>),
    /// An `any` where a typed value is wanted: undetermined when it is of another kind.
    Convert {
        /// The `any`.
        operand: Arc<Expr>,
        /// The wanted type.
        kind: TypeKind,
    },
}

/// A macro variable: its name as written and its slot (how many variables are bound around it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name, as it is written in the policy.
    pub name: Arc<str>,
    /// The number of variables bound outside of it.
    pub slot: usize,
}

/// The variables of a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// For elements or keys; with two variables, for indexes or keys.
    pub first: Variable,
    /// For elements or values (`all`, `exists`).
    pub second: Option<Variable>,
}

/// The comparisons of the canonical tree; `!= > >=` are written with these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
}

/// `+ - *`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
}

/// The macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacroKind {
    /// Every element satisfies the predicate.
    All,
    /// Some element does.
    Exists,
    /// Exactly one does.
    ExistsOne,
    /// The elements that do.
    Filter,
    /// What the body makes of each.
    Map,
}

/// The calendar parts of a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePart {
    /// `getFullYear`
    FullYear,
    /// `getMonth`, from 0
    Month,
    /// `getDate`, from 1
    Date,
    /// `getDayOfMonth`, from 0
    DayOfMonth,
    /// `getDayOfWeek`, Sunday is 0
    DayOfWeek,
    /// `getDayOfYear`, from 0
    DayOfYear,
    /// `getHours`
    Hours,
    /// `getMinutes`
    Minutes,
    /// `getSeconds`
    Seconds,
    /// `getMilliseconds`
    Milliseconds,
}

/// Functions whose operands are all expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Code points, elements or entries; of string, list, map or `any`.
    Size,
    /// `s.startsWith(t)`
    StartsWith,
    /// `s.endsWith(t)`
    EndsWith,
    /// `s.contains(t)`: substring
    Contains,
    /// `s.lowerAscii()`
    LowerAscii,
    /// `s.upperAscii()`
    UpperAscii,
    /// `s.trim()`
    Trim,
    /// `s.split(separator[, limit])`
    Split,
    /// `s.indexOf(t[, offset])`
    IndexOf,
    /// `s.lastIndexOf(t[, offset])`
    LastIndexOf,
    /// `s.substring(start[, end])`
    Substring,
    /// `s.replace(old, new[, limit])`
    Replace,
    /// `int(s)`
    ToInt,
    /// `double(s)`
    ToDouble,
    /// `string(x)`
    ToString,
    /// `xs.sum()`
    Sum,
    /// `xs.min()`
    Min,
    /// `xs.max()`
    Max,
    /// `xs.distinct()`
    Distinct,
    /// `sets.contains(xs, ys)`: every element of ys is in xs
    SetsContains,
    /// `sets.intersects(xs, ys)`
    SetsIntersects,
    /// `sets.equivalent(xs, ys)`
    SetsEquivalent,
}

impl Function {
    /// Whether a call of it is a condition.
    pub fn is_predicate(self) -> bool {
        matches!(
            self,
            Function::StartsWith
                | Function::EndsWith
                | Function::Contains
                | Function::SetsContains
                | Function::SetsIntersects
                | Function::SetsEquivalent
        )
    }
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal,)* }) => {
        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$variant,)*];

            /// The word in expressions.
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word,)* }
            }
        }
    };
}

words!(Comparison { Equal = "==", Less = "<", LessOrEqual = "<=", });
words!(ArithmeticOp { Add = "+", Subtract = "-", Multiply = "*", });
words!(MacroKind { All = "all", Exists = "exists", ExistsOne = "exists_one", Filter = "filter", Map = "map", });
words!(TimePart {
    FullYear = "getFullYear", Month = "getMonth", Date = "getDate", DayOfMonth = "getDayOfMonth",
    DayOfWeek = "getDayOfWeek", DayOfYear = "getDayOfYear", Hours = "getHours", Minutes = "getMinutes",
    Seconds = "getSeconds", Milliseconds = "getMilliseconds",
});
words!(Function {
    Size = "size", StartsWith = "startsWith", EndsWith = "endsWith", Contains = "contains",
    LowerAscii = "lowerAscii", UpperAscii = "upperAscii", Trim = "trim", Split = "split", IndexOf = "indexOf",
    LastIndexOf = "lastIndexOf", Substring = "substring", Replace = "replace", ToInt = "int", ToDouble = "double",
    ToString = "string", Sum = "sum", Min = "min", Max = "max", Distinct = "distinct",
    SetsContains = "sets.contains", SetsIntersects = "sets.intersects", SetsEquivalent = "sets.equivalent",
});
