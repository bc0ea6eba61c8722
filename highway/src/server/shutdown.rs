//! The end of a server: its connections are told, and have some time.

use std::{future::pending, sync::Arc, time::Duration};

use super::Shared;
use crate::{
    deadline::{after, until},
    handler::Handler,
};

impl<H: Handler> Shared<H> {
    /// Lets in whoever comes until `stop` is done or the server is told to shut down, and then shuts down. Dropped, it ends all
    /// connections at once.
    pub(crate) async fn serve(
        &self,
        accepting: impl Future<Output = ()>,
        stop: impl Future<Output = ()>,
    ) {
        let _cut = self.cut.clone().drop_guard();
        let _over = self.over.clone().drop_guard();
        tokio::pin!(accepting);
        tokio::select! {
            () = &mut accepting => {}
            () = stop => {}
            () = self.stop.cancelled() => {}
        }
        self.stop.cancel();
        self.wind_down(accepting).await;
    }

    /// Begins the shutdown.
    pub(super) fn shut_down(self: &Arc<Self>) {
        self.stop.cancel();
        // A server that listens has a future that does the rest.
        if !self.config.mounted {
            return;
        }
        self.wound_down.call_once(|| {
            let Some(runtime) = self.runtime.get() else {
                // Without one there has been no connection, and there comes none any more.
                return self.over.cancel();
            };
            let shared = Arc::clone(self);
            runtime.spawn(async move {
                let _over = shared.over.clone().drop_guard();
                shared.wind_down(pending()).await;
            });
        });
    }

    /// Ends all connections, in the time that there is for that.
    async fn wind_down(&self, mut accepting: impl Future<Output = ()> + Unpin) {
        const FOR_HOOKS: Duration = Duration::from_secs(1);

        let links = self.peers.everyone();
        tracing::info!(
            handler = H::NAME,
            connections = links.len(),
            "shutting down"
        );
        for link in &*links {
            self.close_for_shutdown(link);
        }
        drop(links);
        #[cfg(feature = "inspector")]
        if let Some(beside) = &self.beside {
            for link in &*beside.pages.peers.everyone() {
                beside.pages.close_for_shutdown(link);
            }
        }
        self.connections.close();
        let ended = async {
            tokio::select! {
                biased;
                () = self.connections.wait() => {}
                () = &mut accepting => {}
            }
        };
        if until(after(self.config.limits.shutdown_timeout), ended)
            .await
            .is_err()
        {
            let connections = self.connections.len();
            if connections > 0 {
                tracing::warn!(connections, "connections are cut off");
            }
            self.cut.cancel();
            // What has not ended then ends with the runtime.
            let _ = until(after(FOR_HOOKS), self.connections.wait()).await;
        }
    }
}
