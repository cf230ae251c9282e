//! A body in pieces that others may hold, too: what is remembered in parts is sent without being put together.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// Bytes in pieces, cheap to share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pieces(Arc<[Bytes]>);

impl Pieces {
    /// How many bytes they are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// One after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.0.iter()
    }

    /// As the body of an answer.
    pub(crate) fn into_body(self) -> Body {
        match &*self.0 {
            [] => Body::empty(),
            [all] => Body::from(all.clone()),
            _ => Body::new(Sent { left: self.len() as u64, next: 0, pieces: self }),
        }
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(bytes: Vec<u8>) -> Self {
        Self(if bytes.is_empty() { Arc::default() } else { Arc::new([Bytes::from(bytes)]) })
    }
}

impl FromIterator<Bytes> for Pieces {
    fn from_iter<I: IntoIterator<Item = Bytes>>(pieces: I) -> Self {
        // An empty frame would end nothing and say nothing.
        Self(pieces.into_iter().filter(|piece| !piece.is_empty()).collect())
    }
}

/// Pieces on their way.
struct Sent {
    pieces: Pieces,
    next: usize,
    left: u64,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.pieces.0.get(self.next).cloned();
        Poll::Ready(piece.map(|piece| {
            self.next += 1;
            self.left -= piece.len() as u64;
            Ok(Frame::data(piece))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn pieces_are_sent_in_order_and_their_length_is_known_before() {
        let pieces = || ["a", "", "bc"].into_iter().map(Bytes::from).collect::<Pieces>();
        assert_eq!((pieces().len(), pieces().iter().count()), (3, 2));
        let mut body = pieces().into_body();
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(2), false));
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "bc");
        assert!(body.is_end_stream() && body.frame().await.is_none());
        for few in [Vec::new(), b"x".to_vec()] {
            let length = few.len() as u64;
            let body = Pieces::from(few.clone()).into_body();
            assert_eq!(body.size_hint().exact(), Some(length));
            assert_eq!(body.collect().await.unwrap().to_bytes(), few);
        }
    }
}
