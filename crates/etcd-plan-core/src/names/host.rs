use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{NameError, serde_through_text};

macro_rules! inventory_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Gives the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            /// # Errors
            ///
            /// When the text is empty, over 255 bytes, or holds white space or control characters.
            fn from_str(text: &str) -> Result<Self, NameError> {
                if text.is_empty() {
                    return Err(NameError::new("is empty"));
                }
                if text.len() > 255 {
                    return Err(NameError::new("is longer than 255 bytes"));
                }
                if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
                    return Err(NameError::new("holds white space or control characters"));
                }
                Ok(Self(text.into()))
            }
        }

        serde_through_text!($name);
    };
}

inventory_name!(
    /// The name of a host in the inventory: its key there, as a rule an address.
    HostName
);
inventory_name!(
    /// The name of a group in the inventory.
    GroupName
);
