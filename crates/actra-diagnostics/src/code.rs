//! Stable codes, how severe each is, and their pages.

use std::fmt;

/// How bad a diagnostic is. A set with an error is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The set compiles; something in it deserves a look.
    Warning,
    /// The set is refused.
    Error,
}

/// A stable diagnostic code such as `E0103`; its page is `codes/E0103.md`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// The code as written: `E0103`.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Errors start with `E`, warnings with `W`.
    pub fn severity(self) -> Severity {
        if self.0.starts_with('E') { Severity::Error } else { Severity::Warning }
    }

    /// The code with this name, if there is one.
    pub fn parse(text: &str) -> Option<Code> {
        codes::ALL.iter().map(|(code, _)| *code).find(|code| code.0 == text)
    }

    /// What the code means, in a few words without a period: the title of its page.
    pub fn title(self) -> &'static str {
        self.page().lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, title)| title)
    }

    /// The paragraph of the page that follows its title.
    pub fn summary(self) -> &'static str {
        self.page().split("\n\n").nth(1).unwrap_or("")
    }

    /// The page about this code, in Markdown.
    pub fn page(self) -> &'static str {
        codes::ALL.iter().find(|(code, _)| *code == self).map_or("", |(_, page)| page)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! codes {
    ($($name:ident = $text:literal, $doc:literal;)*) => {
        /// Every code, with the sentence that its page starts from.
        pub mod codes {
            use super::Code;
            $(#[doc = $doc] pub const $name: Code = Code($text);)*
            /// All codes in order, each with its page.
            pub const ALL: &[(Code, &str)] = &[
                $(($name, include_str!(concat!("../codes/", $text, ".md"))),)*
            ];
        }
    };
}

codes! {
    MISSING_FILE = "E0001", "a file that the set needs is not there";
    UNREADABLE_FILE = "E0002", "a file of the set cannot be read";
    MISNAMED_FILE = "E0003", "a file has a name that policy sets do not use";
    TWO_POLICY_PLACES = "E0004", "`policy.yaml` and `policies/` are both there";
    SET_TOO_LARGE = "E0006", "the set is larger than the limit";
    UNKNOWN_VERSION = "E0007", "the file has another language version";
    EMPTY_RULES = "E0008", "`rules:` is empty or absent";
    DUPLICATE_DEFAULT = "E0009", "`default` appears in more than one file";

    YAML_SYNTAX = "E0101", "the file is not YAML";
    DUPLICATE_KEY = "E0102", "a key appears twice in one mapping";
    UNKNOWN_KEY = "E0103", "a key is not known here";
    MISSING_KEY = "E0104", "a required key is missing";
    WRONG_KIND = "E0105", "a value is of the wrong kind";
    YAML_TAG = "E0106", "YAML tags are not allowed";
    YAML_MERGE = "E0107", "YAML merge keys are not allowed";
    MULTIPLE_DOCUMENTS = "E0108", "the file holds more than one document";
    ALIAS_BUDGET = "E0109", "aliases expand to too many nodes";
    TOO_DEEP = "E0110", "nesting is too deep";
    BAD_NUMBER = "E0111", "a number is not finite or not exact";
    TWO_FORMS = "E0112", "two forms where one is allowed";
    BAD_ALIAS = "E0113", "an alias has no anchor";
    BAD_SUPPRESSION = "E0114", "an `actra: allow` comment is malformed";
    SWALLOWED_LINE = "E0115", "a comment would swallow the next line of a condition";
    FOLDED_TEXT = "E0116", "a string in a condition spans a line break that YAML removes";
    YAML_DIRECTIVE = "E0117", "YAML directives are not allowed";
    DOUBTFUL_BREAK = "E0118", "a character that only some programs read as the end of a line";
    EMPTY_ANCHOR = "E0119", "an anchor with nothing after it";
    EMPTY_VALUE = "E0120", "a value that is left empty";

    BAD_TYPE = "E0201", "a type does not exist or is not complete";
    BAD_CONSTRAINT = "E0202", "a constraint does not fit the type";
    EMPTY_CONSTRAINT = "E0203", "a constraint leaves no valid value";
    RESERVED_FIELD = "E0204", "a field named `type` that is not the action type";
    BAD_NAME = "E0205", "a name is not allowed";
    BAD_GROUP = "E0206", "a group names no declared action";
    NO_ACTIONS = "E0207", "the schema declares no action";
    BAD_ARGUMENT = "E0208", "an `argument` that two fields take, or on something that no argument fills";

    BAD_RULE_ID = "E0301", "a rule id has a character that is not allowed";
    DUPLICATE_ID = "E0302", "a name is used twice in the set";
    UNKNOWN_ACTION = "E0303", "a scope names no declared action";
    UNKNOWN_GROUP = "E0304", "a scope names no declared group";
    BAD_SCOPE = "E0305", "a scope is empty or contradicts itself";
    BAD_ACTOR_SCOPE = "E0306", "`actor:` needs a string field `actor.type`";
    BAD_CHOICE = "E0307", "a word is not one of the allowed ones";
    BAD_REQUIRED_ACTION = "E0308", "a required action has no `type`";
    CONSTANT_CONDITION = "E0309", "a condition that can never hold";
    BAD_CONSTANT = "E0310", "a constant is not a literal of one type";
    DEFINITION_CYCLE = "E0311", "definitions use each other in a cycle";

    EXPRESSION_SYNTAX = "E0401", "the expression does not parse";
    EXPRESSION_UNSUPPORTED = "E0402", "this part of CEL is not in the language";
    YAML_ATE_EXPRESSION = "E0403", "YAML read the expression as something else";

    UNKNOWN_FIELD = "E0501", "a field is not declared";
    FIELD_NOT_IN_SCOPE = "E0502", "not every action in scope declares the field";
    UNKNOWN_NAME = "E0503", "a name is not known";
    UNKNOWN_FUNCTION = "E0504", "a function or method is not known";
    TYPE_MISMATCH = "E0505", "operands do not fit together";
    NOT_BOOLEAN = "E0506", "a condition must be a boolean";
    BAD_OPERATOR = "E0507", "the operator does not fit its operands";
    BAD_ARGUMENTS = "E0508", "wrong number or kind of arguments";
    BAD_LITERAL = "E0509", "a literal is not a value of its type";
    BAD_PATTERN = "E0510", "a regular expression is not accepted";
    BAD_VARIABLE = "E0511", "a macro variable shadows a name or is reserved";
    EMPTY_OPERAND = "E0512", "an empty `all`, `any` or `in`";
    IMPOSSIBLE_COMPARISON = "E0513", "a comparison that no valid value can satisfy";
    FIELD_TYPES_DIFFER = "E0514", "actions in scope declare the field with different types";

    UNGUARDED_OPTIONAL = "E0601", "an optional field is read without a guard";
    HAS_ON_REQUIRED = "E0602", "`has` on a field that is always there";

    BAD_MESSAGE = "E0701", "a message template is malformed";
    SENSITIVE_IN_MESSAGE = "E0702", "a message shows a sensitive field";

    CONDITION_TOO_LARGE = "E0802", "a condition expands to too many nodes";
    PATTERN_TOO_LARGE = "E0803", "a regular expression compiles to more than the limit";
    TOO_MANY_RULES = "E0804", "the set has more rules than the limit";
    TOO_MANY_ELEMENTS = "E0805", "a list has more elements than the limit";

    GOVERNANCE_VIOLATED = "E0901", "the policy breaks a rule of governance";
    INVARIANT_REFUTED = "E0902", "a request breaks an invariant";
    INVARIANT_UNPROVEN = "E0903", "an invariant is not proved";
    INVARIANT_EMPTY = "E0904", "an invariant that no request fits";
    WEAKER_THAN_BASELINE = "E0905", "the policy is weaker than its baseline";
    BASELINE_UNREADABLE = "E0906", "the baseline cannot be read";
    GROUP_NOT_GOVERNED = "E0907", "a group that governance does not define";
    REQUIREMENT_BROKEN = "E0908", "the set does not say what governance requires";

    DEFAULT_LEFT_OUT = "W0001", "`default` is left out";
    UNGUARDED_LOOKUP = "W0002", "a lookup that may find nothing";
    UNANCHORED_PATTERN = "W0003", "a pattern that matches anywhere in the text";
    VACUOUS_TRUTH = "W0004", "a condition that an empty collection or string satisfies";
    USELESS_SUPPRESSION = "W0005", "an `actra: allow` comment that suppresses no warning";
    CONSTANT_PART = "W0006", "a part of a condition that is always true or never true";
    REDUNDANT_TEST = "W0007", "a test that adds nothing to another one";
    UNUSED_NAME = "W0008", "a declaration that no rule uses";
    ALIKE_IDS = "W0009", "rule ids that look alike";
    LETTER_CASE = "W0010", "texts that differ only in letter case";
    INVISIBLE_CHARACTER = "W0011", "an invisible character";
    CUT_CONDITION = "W0012", "a comment that may have been meant as a part of the condition or text";
    NO_REASON = "W0013", "a block that gives no reason";
    USELESS_DEMAND = "W0014", "a demand of governance that nothing can break";
    UNPROVEN_ALLOWED = "W0015", "an invariant that is not proved, as its author allows";
    NEVER_TRUE = "W0016", "a rule that matches no request";
    ALWAYS_TRUE = "W0017", "a condition that every request meets";
    NEVER_DECISIVE = "W0018", "a rule whose removal would change nothing";
    DEFAULT_UNREACHABLE = "W0019", "a `default` that no request falls back to";
    TOO_COSTLY = "W0020", "a condition that may cost more than the limit";
    FOREIGN_TEXT = "W0021", "a glob or a placeholder in a string that is used literally";
    DOUBLED_BRACES = "W0022", "a field in doubled braces";
    TEXT_ORDER = "W0023", "versions or numbers that are compared as text";
    OPEN_ENDED = "W0024", "a host or directory without its delimiter makes an outcome more permissive";
    HIDDEN_QUOTE = "W0025", "a YAML escape stands for a quote in a condition";
    LOOK_ALIKE = "W0026", "a character in a text that looks like another one";
    SLOW_ACTION = "W0029", "an action that may take over a second to decide";
    UNUSED_ANCHOR = "W0030", "an anchor that no alias refers to";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_starts_with_a_title_and_a_summary() {
        for (code, page) in codes::ALL {
            assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "{code}");
            assert!(!code.title().is_empty() && code.summary().ends_with('.'), "{code}: {}", code.summary());
            assert!(!code.summary().starts_with('#'), "{code}");
        }
    }
}
