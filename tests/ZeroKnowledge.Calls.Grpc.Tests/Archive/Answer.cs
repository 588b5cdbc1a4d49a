using System.Text;
using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>Everything that a caller sees of a call, as one text: messages, status, detail, headers and trailers byte for byte. But the time of day, and the id that it asked for.</summary>
internal static class Answer
{
    public static async Task<string> OfAsync<T>(AsyncUnaryCall<T> call)
        where T : IMessage
    {
        using (call)
        {
            var text = new StringBuilder();
            await AddAsync(text, async () => text.Append((await call.ResponseAsync).ToByteString().ToBase64()).Append('\n'));
            await AddAsync(text, async () => Add(text, await call.ResponseHeadersAsync));
            Add(text, call.GetTrailers());
            return text.ToString();
        }
    }

    public static async Task<string> OfAsync<T>(AsyncServerStreamingCall<T> call)
        where T : IMessage
    {
        using (call)
        {
            var text = new StringBuilder();
            await AddAsync(text, async () =>
            {
                while (await call.ResponseStream.MoveNext(CancellationToken.None))
                {
                    text.Append(call.ResponseStream.Current.ToByteString().ToBase64()).Append('\n');
                }
            });
            await AddAsync(text, async () => Add(text, await call.ResponseHeadersAsync));
            Add(text, call.GetTrailers());
            return text.ToString();
        }
    }

    /// <summary>Sends one record over a stream of its own.</summary>
    public static async Task<string> OfAsync(CallArchive.CallArchiveClient client, Record record)
    {
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = client.Upload();
        var text = new StringBuilder();
        await AddAsync(text, async () =>
        {
            // The archive may have ended the call before.
            await Task.WhenAny(call.RequestStream.WriteAsync(new UploadRequest { Records = { record } }));
            await Task.WhenAny(call.RequestStream.CompleteAsync());
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                foreach (Progress progress in call.ResponseStream.Current.Progress)
                {
                    Assert.Equal(record.CoreId, progress.CoreId);
                    progress.CoreId = ByteString.Empty;
                    text.Append(progress.Status).Append(' ').Append(progress.ToByteString().ToBase64()).Append('\n');
                }
            }
        });
        await AddAsync(text, async () => Add(text, await call.ResponseHeadersAsync));
        Add(text, call.GetTrailers());
        return text.ToString();
    }

    private static async Task AddAsync(StringBuilder text, Func<Task> part)
    {
        try
        {
            await part();
        }
        catch (RpcException e)
        {
            text.Append(e.StatusCode).Append(": ").Append(e.Status.Detail).Append('\n');
            Add(text, e.Trailers);
        }
    }

    private static void Add(StringBuilder text, Metadata entries)
    {
        foreach (Metadata.Entry entry in entries.Where(entry => entry.Key != "date"))
        {
            text.Append(entry.Key).Append('=').Append(entry.IsBinary ? Convert.ToHexString(entry.ValueBytes) : entry.Value).Append('\n');
        }
    }
}
