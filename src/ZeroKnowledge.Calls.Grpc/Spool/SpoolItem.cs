namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Something on its way to the spool's thread.</summary>
/// <param name="Type">What it is; a chunk brings its leaf hash and perhaps its checkpoint.</param>
/// <param name="Recording">Whose it is.</param>
/// <param name="Chunk">The chunk, of which the spool gives the buffer back when it is written.</param>
/// <param name="Body">The record's body, of everything but a chunk.</param>
/// <param name="Written">No record, but who waits for those before it.</param>
internal readonly record struct SpoolItem(SpoolRecordType Type, SpooledRecording? Recording, ChunkBuffer? Chunk, byte[]? Body, TaskCompletionSource? Written = null);
