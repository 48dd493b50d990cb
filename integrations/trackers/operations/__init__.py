"""Every write about trackers; what is asked of them happens outside, in `syncing`."""
