using ZeroKnowledge.Calls.Faults;

return await FaultsProgram.RunAsync(args);
