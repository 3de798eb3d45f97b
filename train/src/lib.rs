//! Nothing yet: records → weights, the fine-tuning loop with checkpoints and evaluation.
