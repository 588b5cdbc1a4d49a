using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(ZeroKnowledge.Calls.Benchmarks.PlaceholderBenchmark).Assembly).Run(args);
