using ZeroKnowledge.Calls.Tool;

return await CommandLine.RunAsync(args).ConfigureAwait(false);
