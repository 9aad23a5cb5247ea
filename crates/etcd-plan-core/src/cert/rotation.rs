use std::fmt;
use std::str::FromStr;

use super::{AuthorityFacts, CertificateFacts, UnixTime};
use crate::names::{NameError, serde_through_text};

/// How young a CA is after whose making none is made again unasked, in seconds: a day. The same command
/// once more, after a rotation that has just ended, must not begin another.
const YOUNG: i64 = 24 * 60 * 60;

/// A stage of the rotation of a CA. Each stands on the one before: whoever checks a certificate must
/// know its CA first, and a CA may be forgotten only when nobody shows a certificate of it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RotationStage {
    /// The new CA is trusted beside the old one.
    Trust,
    /// Certificates are issued by the new CA.
    Issue,
    /// The old CA is no longer trusted.
    Finish,
}

impl RotationStage {
    /// All stages, in their order.
    pub const ALL: [Self; 3] = [Self::Trust, Self::Issue, Self::Finish];

    /// Gives the stage's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Issue => "issue",
            Self::Finish => "finish",
        }
    }
}

impl fmt::Display for RotationStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RotationStage {
    type Err = NameError;

    /// # Errors
    ///
    /// When the text is none of `trust`, `issue` and `finish`.
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| NameError::new("is none of `trust`, `issue` and `finish`"))
    }
}

serde_through_text!(RotationStage);

/// How far the rotation of a CA has come on the control machine, by the files that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationFacts {
    /// The last stage that was begun; none where no rotation is under way.
    pub reached: Option<RotationStage>,
    /// The CA that signs now.
    pub signer: CertificateFacts,
    /// The one that takes over: `ca.next.crt`; none where none is there yet.
    pub next: Option<CertificateFacts>,
    /// Whether the key of the CA that signs is there.
    pub can_issue: bool,
    /// Clients' certificates that were issued beside the members', and are of another CA than the one
    /// that takes over, or signs now where none does.
    pub clients: Vec<ClientFound>,
}

/// A client's certificate on the control machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFound {
    /// Its common name, which is the name of its files.
    pub name: String,
    /// Where the certificate lies, for a person.
    pub place: String,
}

impl RotationFacts {
    /// Tells how far a rotation has come: `next` is what lies in `ca.next.crt`, and `old` what lies in
    /// `ca.old.crt`.
    pub fn of(
        authority: &AuthorityFacts,
        next: Option<CertificateFacts>,
        old: Option<&CertificateFacts>,
    ) -> Self {
        let trusts = |one: &CertificateFacts| authority.trusted.iter().any(|ca| ca.der == one.der);
        let reached = next.as_ref().and_then(|next| {
            if next.key_digest != authority.signer.key_digest {
                trusts(next).then_some(RotationStage::Trust)
            } else if old.is_some_and(trusts) {
                Some(RotationStage::Issue)
            } else {
                Some(RotationStage::Finish)
            }
        });
        Self {
            reached,
            signer: authority.signer.clone(),
            next,
            can_issue: authority.can_issue,
            clients: Vec::new(),
        }
    }

    /// Says whether a stage is the next one to begin. Of a CA that is young no rotation is begun unless
    /// that is asked for once more.
    pub fn is_due(&self, stage: RotationStage, again: bool, now: UnixTime) -> bool {
        match (self.reached, stage) {
            // Once the next one was made, it goes on with that.
            (None, RotationStage::Trust) => again || self.next.is_some() || !self.is_young(now),
            (Some(RotationStage::Trust), RotationStage::Issue)
            | (Some(RotationStage::Issue), RotationStage::Finish) => true,
            _ => false,
        }
    }

    /// Says whether a stage is begun, and not the one after it: what it does to members may still have
    /// to be done.
    pub fn is_under_way(&self, stage: RotationStage) -> bool {
        self.reached == Some(stage)
    }

    /// Says whether the CA that signs was made within the last day.
    pub fn is_young(&self, now: UnixTime) -> bool {
        now.seconds_since(self.signer.issued_at()) < YOUNG
    }

    /// Gives the name of the CA that takes over, or signs now where none does.
    pub fn name(&self) -> String {
        let next = self.next.as_ref().unwrap_or(&self.signer);
        next.subject.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{RotationFacts, RotationStage};
    use crate::cert::{AuthorityFacts, CertificateFacts, UnixTime};

    const ROOT: &str = include_str!("fixtures/authority.crt");
    const ODD: &str = include_str!("fixtures/odd.crt");

    fn facts(pem: &str) -> CertificateFacts {
        CertificateFacts::parse(pem.as_bytes()).expect("a fixture is a certificate")
    }

    /// `signs` is whose key lies in `ca.key`.
    fn rotation(
        trusted: &str,
        signs: &str,
        next: Option<&str>,
        old: Option<&str>,
    ) -> RotationFacts {
        let key = Some(facts(signs).key_digest);
        let authority = AuthorityFacts::parse(trusted.as_bytes(), key).expect("a CA");
        RotationFacts::of(&authority, next.map(facts), old.map(facts).as_ref())
    }

    #[test]
    fn the_stage_follows_from_the_files_and_the_next_one_from_the_stage() {
        let both = format!("{ROOT}{ODD}");
        let old = facts(ROOT).issued_at().minus_seconds(-1_000_000);
        let cases = [
            (rotation(ROOT, ROOT, None, None), None),
            // Made, and not yet trusted: it goes on with that.
            (rotation(ROOT, ROOT, Some(ODD), None), None),
            (
                rotation(&both, ROOT, Some(ODD), None),
                Some(RotationStage::Trust),
            ),
            // One that was dropped in an earlier rotation changes nothing.
            (
                rotation(&both, ROOT, Some(ODD), Some(ODD)),
                Some(RotationStage::Trust),
            ),
            (
                rotation(&both, ODD, Some(ODD), Some(ROOT)),
                Some(RotationStage::Issue),
            ),
            (
                rotation(ODD, ODD, Some(ODD), Some(ROOT)),
                Some(RotationStage::Finish),
            ),
            (rotation(ODD, ODD, None, Some(ROOT)), None),
        ];
        for (index, (facts, reached)) in cases.into_iter().enumerate() {
            assert_eq!(facts.reached, reached, "case {index}");
            let due = RotationStage::ALL.map(|stage| facts.is_due(stage, false, old));
            let next = match reached {
                None => [true, false, false],
                Some(RotationStage::Trust) => [false, true, false],
                Some(RotationStage::Issue) => [false, false, true],
                Some(RotationStage::Finish) => [false; 3],
            };
            assert_eq!(due, next, "case {index}");
        }
    }

    #[test]
    fn a_young_authority_is_rotated_only_when_that_is_asked_for_once_more() {
        let facts = rotation(ROOT, ROOT, None, None);
        let made = facts.signer.issued_at();
        let later = |seconds| UnixTime(made.0 + seconds);
        for (now, again, due) in [
            (later(60), false, false),
            (later(60), true, true),
            (later(86_400), false, true),
        ] {
            assert_eq!(facts.is_due(RotationStage::Trust, again, now), due);
        }
    }

    #[test]
    fn stages_read_back_what_they_print() {
        for stage in RotationStage::ALL {
            assert_eq!(stage.to_string().parse(), Ok(stage));
        }
        assert!("end".parse::<RotationStage>().is_err());
    }
}
