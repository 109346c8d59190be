//! The closed list of reasons why a value or a construct cannot be decided.

use std::fmt;

macro_rules! reasons {
    ($($variant:ident = $word:literal, $message:literal;)*) => {
        /// Why a value cannot be read or a construct cannot be decided: a closed list.
        ///
        /// No reason carries any part of a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $(#[doc = $message] $variant,)* }

        impl Reason {
            /// All reasons.
            pub const ALL: &[Reason] = &[$(Reason::$variant,)*];

            /// The stable word in decisions.
            pub fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $word,)* }
            }

            /// One sentence for people, the same for every request.
            pub fn message(self) -> &'static str {
                match self { $(Reason::$variant => $message,)* }
            }
        }
    };
}

reasons! {
    // Faults of the envelope: they make the request invalid.
    MalformedJson = "malformed_json", "the request is not JSON";
    NotUtf8 = "not_utf8", "the request is not UTF-8";
    DuplicateKey = "duplicate_key", "an object of the request has the same key twice";
    LoneSurrogate = "lone_surrogate", "a string of the request holds half a surrogate pair";
    TooLarge = "too_large", "the request is larger than the limit";
    TooDeep = "too_deep", "the request is nested deeper than the limit";
    NotARequest = "not_a_request", "the request is not an object of `action`, `actor` and `snapshot`";
    UnknownMember = "unknown_member", "the request has a member besides `action`, `actor`, `snapshot` and `unknown`";
    UnknownNotPaths = "unknown_not_paths", "`unknown` is not a list of paths";
    UndeclaredPath = "undeclared_path", "`unknown` names something that is not a declared field of actor or snapshot";
    KnownAndUnknown = "known_and_unknown", "the field has a value but is listed as unknown";
    ActorFailed = "actor_failed", "it could not be determined who acts";
    ActionTypeMissing = "action_type_missing", "the request has no `action.type` that is a string";
    UndeclaredAction = "undeclared_action", "the schema declares no such action";
    ExtraField = "extra_field", "the schema does not declare this field";
    // Faults of a value: it is invalid.
    RecordMissing = "record_missing", "the record is missing";
    RecordNotObject = "record_not_object", "the record is not an object";
    Missing = "missing", "a required value is missing";
    Null = "null", "the value is null where one is required";
    WrongType = "wrong_type", "the value is of another type";
    NotInteger = "not_integer", "the number is not an integer";
    UnrepresentableNumber = "unrepresentable_number", "the number is not an exact decimal within the limits";
    BadFormat = "bad_format", "the text is not a value of its type";
    NotOneOf = "not_one_of", "the value is not one of the declared ones";
    BelowMin = "below_min", "the value is below its minimum";
    AboveMax = "above_max", "the value is above its maximum";
    TooLong = "too_long", "the text is longer than declared";
    TooManyItems = "too_many_items", "there are more elements than allowed";
    Unresolved = "unresolved", "the fact could not be determined";
    PatternMismatch = "pattern_mismatch", "the text does not match its pattern";
    // Faults of a construct: it is undetermined.
    Absent = "absent", "the optional value is absent";
    NoSuchKey = "no_such_key", "there is no such key";
    NoSuchElement = "no_such_element", "there is no element at this index";
    OutOfRange = "out_of_range", "a position lies outside the text";
    EmptyList = "empty_list", "the list is empty";
    NotRepresentable = "not_representable", "the result is not representable";
    NotConvertible = "not_convertible", "the text does not convert to this type";
    WrongKind = "wrong_kind", "the value is of another JSON kind";
    Incomparable = "incomparable", "the paths cannot be compared";
    TooCostly = "too_costly", "going through this much costs more than the limit";
}

impl Reason {
    /// Whether a value with this fault makes the whole request invalid, wherever it stands and whether or not it is
    /// read.
    pub fn is_of_envelope(self) -> bool {
        use Reason::{DuplicateKey, LoneSurrogate, NotUtf8, TooDeep, TooLarge};
        matches!(self, NotUtf8 | DuplicateKey | LoneSurrogate | TooLarge | TooDeep)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
